//! Which phonebook, and whether this desktop is the one that fills it.

use domain::{
    Timestamp,
    sync::{BookId, Claim, Holder, Standing, standing},
};
use pbx::Phonebook;

use super::{CLAIMED, problems, run::Run};
use crate::view::Problem;

/// So often claims are made and read again before another try is left to the next run.
const TRIES: usize = 4;

/// The phonebooks that matter here.
#[derive(Clone, Debug, Default)]
pub(super) struct Shelf {
    /// Ours, where it exists.
    pub(super) target: Option<Phonebook>,
    /// The claims to fill it.
    pub(super) claims: Vec<Claim>,
}

impl Shelf {
    pub(super) fn book(&self) -> Option<BookId> {
        self.target.as_ref().map(|book| book.id)
    }
}

impl Run<'_> {
    /// Reads which phonebooks there are.
    pub(super) async fn read_shelf(&mut self) -> Result<(), pbx::Error> {
        self.count();
        let books = self.link.client.phonebooks().await?;
        let name = self.settings.contact_sync.phonebook.as_str();
        let claims =
            books.iter().filter_map(|book| Claim::read(book.id, &book.name, name)).collect();
        let target = books.iter().find(|book| book.name == name).cloned();
        self.shelf = Shelf { target, claims };
        Ok(())
    }

    /// Returns the desktop that fills the phonebook, where it is another one.
    pub(super) fn held_by_other(&self) -> Option<Holder> {
        match standing(&self.shelf.claims, &self.me, self.now()) {
            Standing::Theirs(holder) => Some(holder),
            Standing::Mine { .. } | Standing::Nobody => None,
        }
    }

    /// Makes sure that this desktop is the one that fills the phonebook. Returns whether it has just become it: then
    /// what was read before may be another desktop's work by now.
    pub(super) async fn hold(&mut self) -> Result<bool, Problem> {
        let mut new = false;
        for _ in 0..TRIES {
            match standing(&self.shelf.claims, &self.me, self.now()) {
                Standing::Mine { claim, renew } => {
                    self.sweep(&claim).await;
                    if renew {
                        self.renew(&claim).await?;
                    } else {
                        self.claim = Some(claim);
                    }
                    return Ok(new);
                }
                Standing::Theirs(holder) => {
                    // The one of two claims that was made later.
                    self.let_go().await;
                    self.say_who_holds(&holder);
                    return Err(problems::other_desktop(&holder));
                }
                Standing::Nobody => {
                    self.mark_claimed(true).await;
                    let (name, _) = self.claim_name();
                    self.count();
                    match self.link.client.create_phonebook(&name).await {
                        // Of a request whose answer was lost.
                        Ok(_) | Err(pbx::Error::NameTaken) => {}
                        Err(error) => return Err(self.cannot_make(&error)),
                    }
                    new = true;
                    self.read_shelf().await.map_err(|error| crate::problems::of_pbx(&error))?;
                }
            }
        }
        Err(crate::problems::of_pbx(&pbx::Error::Overloaded))
    }

    /// Renews the claim where it is time, so that a long run does not lose it.
    pub(super) async fn stay(&mut self) -> Result<Stay, Problem> {
        let Some(claim) = self.claim.clone() else { return Ok(Stay::Sure) };
        match standing(std::slice::from_ref(&claim), &self.me, self.now()) {
            Standing::Mine { renew: false, .. } => Ok(Stay::Sure),
            Standing::Mine { renew: true, .. } => {
                self.renew(&claim).await?;
                Ok(Stay::Sure)
            }
            // The computer slept: somebody else may be at work.
            Standing::Theirs(_) | Standing::Nobody => Ok(Stay::Lost),
        }
    }

    async fn renew(&mut self, claim: &Claim) -> Result<(), Problem> {
        let (name, until) = self.claim_name();
        self.count();
        match self.link.client.rename_phonebook(claim.book, &name).await {
            Ok(()) => {
                self.claim = Some(Claim { until, ..claim.clone() });
                Ok(())
            }
            Err(error) => Err(crate::problems::of_pbx(&error)),
        }
    }

    /// A claim names the user as long as nothing of another one is in the phonebook.
    fn claim_name(&self) -> (String, Timestamp) {
        let user = self.session.user_id();
        let user = self.knows_all().then_some(&user);
        Claim::name(self.phonebook(), &self.me, user, self.now())
    }

    /// Says whether everything in the phonebook is this user's by the claims: by its own, which names the user for as long
    /// as that is so, or by those of the desktops that it takes over from.
    pub(super) fn follows_the_same_user(&self) -> bool {
        let user = self.session.user_id();
        let is_theirs = |claim: &Claim| claim.user.as_ref() == Some(&user);
        match standing(&self.shelf.claims, &self.me, self.now()) {
            Standing::Mine { claim, .. } => is_theirs(&claim),
            Standing::Theirs(_) => false,
            Standing::Nobody => {
                let mut others =
                    self.shelf.claims.iter().filter(|claim| claim.holder != self.me).peekable();
                others.peek().is_some() && others.all(is_theirs)
            }
        }
    }

    /// Deletes claims that have run out, and doubles of our own.
    async fn sweep(&mut self, held: &Claim) {
        let now = self.now();
        let stale = |claim: &&Claim| {
            claim.book != held.book && (claim.has_run_out(now) || claim.holder == self.me)
        };
        let stale: Vec<BookId> =
            self.shelf.claims.iter().filter(stale).map(|claim| claim.book).collect();
        self.delete_claims(&stale).await;
    }

    /// Gives our claims back: another desktop need not wait until they run out.
    pub(super) async fn let_go(&mut self) {
        if self.shelf.claims.is_empty() && self.read_shelf().await.is_err() {
            return;
        }
        let ours: Vec<BookId> = self
            .shelf
            .claims
            .iter()
            .filter(|claim| claim.holder == self.me)
            .map(|claim| claim.book)
            .collect();
        if self.delete_claims(&ours).await {
            self.mark_claimed(false).await;
        }
        self.claim = None;
    }

    async fn mark_claimed(&self, claimed: bool) {
        let mark = claimed.then_some("1");
        if let Err(error) = self.worker.store.set_mark(CLAIMED, mark).await {
            tracing::warn!(%error, "a claim to a phonebook could not be marked");
        }
    }

    /// Deletes claims; says whether all of them are gone.
    async fn delete_claims(&mut self, claims: &[BookId]) -> bool {
        let mut all = true;
        for claim in claims {
            self.count();
            if let Err(error) = self.link.client.delete_phonebook(*claim).await {
                tracing::info!(%error, "a claim to a phonebook could not be deleted; it runs out by itself");
                all = false;
            }
        }
        self.shelf.claims.retain(|claim| !claims.contains(&claim.book));
        all
    }

    /// Makes the phonebook where there is none yet.
    pub(super) async fn make_book(&mut self) -> Result<Phonebook, Problem> {
        if let Some(book) = &self.shelf.target {
            return Ok(book.clone());
        }
        self.count();
        match self.link.client.create_phonebook(self.phonebook()).await {
            Ok(id) => {
                let name = self.phonebook().to_owned();
                let book = Phonebook { id, name, everybody: false };
                self.shelf.target = Some(book.clone());
                Ok(book)
            }
            Err(error) => Err(self.cannot_make(&error)),
        }
    }

    fn cannot_make(&self, error: &pbx::Error) -> Problem {
        match error {
            pbx::Error::Full => problems::no_phonebook_possible(self.phonebook()),
            pbx::Error::ReadOnly => problems::read_only(self.phonebook()),
            error => crate::problems::of_pbx(error),
        }
    }
}

/// Whether the claim still counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stay {
    /// It does, or none is needed.
    Sure,
    /// It has run out.
    Lost,
}
