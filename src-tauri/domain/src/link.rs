//! Links that a page or another program hands over: which one number is meant, and whether it may be called from here.
//!
//! Anybody can write a link, and any page can open one. So a link is read by a narrow grammar: one number, nothing
//! that a telephone would take for an instruction, and no more of it than the digits goes any further. How the number
//! is dialled, and whether it may be, the [`DialPlan`] decides, as for a number that a person types.
//!
//! | scheme | what is read |
//! |---|---|
//! | `tel:` | RFC 3966: global and local numbers, `;ext=`, `;isub=`, `;phone-context=`, visual separators, escapes. Blanks, `/` and `x204` as well, since Salesforce hands on what people have written |
//! | `callto:` | the same |
//! | `sip:`, `sips:` | a number in the place of the user, with or without an address behind it (RFC 3261 §19.1.6) |
//! | `patchcord:` | `patchcord:NUMBER` or `patchcord:dial?number=NUMBER`, and nothing else in it |

use crate::number::{DialPlan, Kind, Meant, NotDialable, Party, PhoneNumber};

/// Longer texts are no links to a number. Source: what RFC 3966 needs for 15 digits with every parameter stays far below.
const LONGEST_LINK: usize = 512;
/// So much of what was written is kept, to be shown.
const LONGEST_SHOWN: usize = 64;
/// An extension at the other side is no longer than a number.
const LONGEST_EXTENSION: usize = 15;

/// The schemes, without their colon.
pub const SCHEMES: [&str; 5] = ["tel", "callto", "sip", "sips", "patchcord"];

/// A link that means one number which may be called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkedNumber {
    /// Who is called: somebody outside, or a colleague.
    pub party: Party,
    /// What the spelling may mean, of somebody outside; a record that has one of the numbers decides.
    pub meant: Option<Meant>,
    /// What the PBX gets to dial.
    pub dialled: String,
    /// The number as the link spells it, escapes resolved.
    pub written: String,
    /// The extension at the other side. It is shown, and not dialled.
    pub extension: Option<String>,
    /// The ISDN subaddress. No PBX of ours can dial it.
    pub subaddress: Option<String>,
}

/// A link that is not called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkRefused {
    /// Why not.
    pub why: LinkRefusal,
    /// The number as the link spells it, where that much could be read; may be anything printable.
    pub written: String,
    /// The number, where it is one.
    pub number: Option<PhoneNumber>,
}

/// Why a link is not called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkRefusal {
    /// An option, a file or a path is in the place of the link.
    NotALink,
    /// It begins with no scheme that is known here.
    UnknownScheme,
    /// It is longer than any number needs.
    TooLong,
    /// Control characters, letters of other scripts or broken escapes are in it.
    Characters,
    /// It carries headers or a query, which ask for more than a call.
    Header,
    /// More than one number is in it.
    SeveralNumbers,
    /// It is a service code (`*21*…#`), which can forward or bill calls unseen.
    ServiceCode,
    /// It waits and dials on (`,` `;` `p` `w`), which can steer a menu unseen.
    Pause,
    /// It names no telephone number.
    NotANumber,
    /// It carries a parameter that may not be passed over, twice, or that cannot be read.
    Parameter,
    /// The number is only valid within another telephone system.
    OtherSystem,
    /// It begins with `patchcord:` and goes on in another way than it has to.
    Form,
    /// The settings or the policy forbid the number.
    Blocked,
    /// A call to it costs a premium.
    Premium,
}

/// Says whether a text begins with a scheme that is read here, in any case.
pub fn is_link(text: &str) -> bool {
    scheme(text).is_some()
}

/// Reads a link. `ours` are the names of this telephone system: a short number at another one is somebody else's.
///
/// # Errors
///
/// Says why the link is not called, with what could be read of it.
pub fn read(link: &str, plan: &DialPlan, ours: &[&str]) -> Result<LinkedNumber, LinkRefused> {
    spell(link, ours)
        .map_err(|why| {
            // What cannot be read is shown all the same, so that a person sees what was wanted.
            let rest = scheme(link).filter(|_| link.len() <= LONGEST_LINK).map(|(_, rest)| rest);
            let shown = rest.and_then(|rest| decoded(rest).ok()).unwrap_or_default();
            LinkRefused { why, written: cut(&shown), number: None }
        })?
        .dialled(plan)
}

/// Looks at a link without knowing the office: only what no office would call is refused.
///
/// # Errors
///
/// Says why the link is called nowhere.
pub fn look(link: &str) -> Result<(), LinkRefusal> {
    spell(link, &[]).map(|_| ())
}

fn spell(link: &str, ours: &[&str]) -> Result<Spelled, LinkRefusal> {
    if link.is_empty() || link.starts_with(['-', '@', '/', '.', '\\']) {
        return Err(LinkRefusal::NotALink);
    }
    if link.len() > LONGEST_LINK {
        return Err(LinkRefusal::TooLong);
    }
    if !link.bytes().all(is_printable) {
        return Err(LinkRefusal::Characters);
    }
    let (scheme, rest) = scheme(link).ok_or(LinkRefusal::UnknownScheme)?;
    let rest = rest.strip_prefix("//").unwrap_or(rest);
    match scheme {
        "sip" | "sips" => of_sip(rest, ours),
        "patchcord" => of_ours(rest),
        _tel => of_tel(rest, ours),
    }
}

/// A number as a link spells it, and what goes with it.
struct Spelled {
    written: String,
    /// Digits, perhaps with a plus before them.
    digits: String,
    extension: Option<String>,
    subaddress: Option<String>,
    place: Place,
}

/// Where a spelling is valid, which says what a short number would be.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// In this telephone system: a short number is a colleague.
    Here,
    /// In another one: a short number is somebody else's extension.
    Elsewhere,
    /// In another one by its context: a number that lacks its area there would be completed wrongly here.
    System,
    /// A local number behind the digits of its context. Source: RFC 3966 §5.1.5, which does not promise that these
    /// make a number; so it has to be one that is assigned.
    Joined,
}

impl Spelled {
    fn dialled(self, plan: &DialPlan) -> Result<LinkedNumber, LinkRefused> {
        let Self { written, digits, extension, subaddress, place } = self;
        let written = cut(&written);
        let refused = |why, number| LinkRefused { why, written: written.clone(), number };
        if place == Place::System && !plan.is_complete(&digits) {
            return Err(refused(LinkRefusal::OtherSystem, None));
        }
        let (party, dialled) = plan.dial(&digits).map_err(|why| match why {
            NotDialable::NotANumber => refused(LinkRefusal::NotANumber, None),
            NotDialable::ServiceCode => refused(LinkRefusal::ServiceCode, None),
            NotDialable::Blocked => {
                refused(LinkRefusal::Blocked, plan.read(&digits).number().cloned())
            }
        })?;
        match &party {
            Party::External(number) if number.kind() == Kind::Premium => {
                Err(refused(LinkRefusal::Premium, Some(number.clone())))
            }
            Party::External(number) if place == Place::Joined && !number.is_assigned() => {
                Err(refused(LinkRefusal::OtherSystem, None))
            }
            // A short number is dialled as an `Invalid` one; another place has others.
            Party::Extension(_) | Party::Invalid(_) if place != Place::Here => {
                Err(refused(LinkRefusal::OtherSystem, None))
            }
            Party::External(_) | Party::Extension(_) | Party::Invalid(_) => {
                let meant = party.number().map(|number| plan.meant_to_dial(number, &digits));
                Ok(LinkedNumber { party, meant, dialled, written, extension, subaddress })
            }
            Party::Withheld => Err(refused(LinkRefusal::NotANumber, None)),
        }
    }
}

/// Splits a link after its scheme, which is returned in small letters.
fn scheme(text: &str) -> Option<(&'static str, &str)> {
    let (head, rest) = text.split_once(':')?;
    let scheme = SCHEMES.into_iter().find(|scheme| head.eq_ignore_ascii_case(scheme))?;
    Some((scheme, rest))
}

/// RFC 3966: a subscriber, then parameters.
fn of_tel(text: &str, ours: &[&str]) -> Result<Spelled, LinkRefusal> {
    if text.contains('?') {
        return Err(LinkRefusal::Header);
    }
    let mut parts = text.split(';');
    let subscriber = decoded(parts.next().unwrap_or_default())?;
    let (number, mut extension) = without_extension(&subscriber);
    let digits = digits(number)?;
    let parameters = Parameters::read(parts)?;
    if let Some(named) = parameters.extension {
        extension = Some(named);
    }
    let (digits, place) = match parameters.context {
        Some(Context::Begins(prefix)) if !digits.starts_with('+') => {
            (format!("{prefix}{digits}"), Place::Joined)
        }
        Some(Context::System(name)) if !digits.starts_with('+') => {
            let is_ours = ours.iter().any(|own| own.eq_ignore_ascii_case(&name));
            (digits, if is_ours { Place::Here } else { Place::System })
        }
        // A global number needs no context.
        Some(Context::Begins(_) | Context::System(_)) | None => (digits, Place::Here),
    };
    let subaddress = parameters.subaddress;
    Ok(Spelled { written: subscriber.clone(), digits, extension, subaddress, place })
}

/// RFC 3261 §19.1: `user@host:port;parameters`. Only the number in the place of the user counts, the call goes to this
/// PBX whatever the address says.
fn of_sip(text: &str, ours: &[&str]) -> Result<Spelled, LinkRefusal> {
    if text.contains('?') {
        return Err(LinkRefusal::Header);
    }
    let Some((user, address)) = text.split_once('@') else { return of_tel(text, ours) };
    if address.contains(['@', ',']) {
        return Err(LinkRefusal::SeveralNumbers);
    }
    let host = address.split(';').next().unwrap_or_default();
    let is_host = |c: char| c.is_ascii_alphanumeric() || "-.:[]".contains(c);
    if user.contains(':') || host.is_empty() || !host.chars().all(is_host) {
        // A password, or no address.
        return Err(LinkRefusal::Parameter);
    }
    let name = host.rsplit_once(':').map_or(host, |(name, port)| {
        if port.bytes().all(|b| b.is_ascii_digit()) { name } else { host }
    });
    let mut spelled = of_tel(user, ours)?;
    if spelled.place == Place::Here && !ours.iter().any(|own| own.eq_ignore_ascii_case(name)) {
        spelled.place = Place::Elsewhere;
    }
    Ok(spelled)
}

/// `patchcord:NUMBER` or `patchcord:dial?number=NUMBER`.
fn of_ours(text: &str) -> Result<Spelled, LinkRefusal> {
    let number = match text.split_once('?') {
        Some((verb, query)) => {
            let number = query.strip_prefix("number=").filter(|_| verb == "dial");
            number.ok_or(LinkRefusal::Form)?
        }
        None => text,
    };
    if number.contains(['?', '&', '=', '@']) {
        return Err(LinkRefusal::Form);
    }
    let written = decoded(number)?;
    let digits = digits(&written)?;
    Ok(Spelled { written, digits, extension: None, subaddress: None, place: Place::Here })
}

/// What the parameters of a number say.
#[derive(Default)]
struct Parameters {
    extension: Option<String>,
    subaddress: Option<String>,
    context: Option<Context>,
}

/// Where a local number is valid.
enum Context {
    /// Within the numbers that begin so.
    Begins(String),
    /// Within a system that has this name.
    System(String),
}

impl Parameters {
    fn read<'a>(parts: impl Iterator<Item = &'a str>) -> Result<Self, LinkRefusal> {
        let mut read = Self::default();
        let mut seen: Vec<String> = Vec::new();
        for part in parts {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            // `;` also stands for "wait, then dial on": then digits follow it, or nothing.
            if name.bytes().all(|b| !b.is_ascii_alphabetic()) {
                return Err(LinkRefusal::Pause);
            }
            let name = name.to_ascii_lowercase();
            if !name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') || seen.contains(&name)
            {
                return Err(LinkRefusal::Parameter);
            }
            let value = decoded(value)?;
            match name.as_str() {
                "ext" => read.extension = Some(extension(&value)?),
                "isub" if !value.is_empty() => read.subaddress = Some(cut(&value)),
                "phone-context" => read.context = Some(context(&value)?),
                // RFC 2806, the predecessor, dialled on by parameter.
                "postd" => return Err(LinkRefusal::Pause),
                // Whoever wrote these wants the number left alone where they are not understood.
                "isub" | "m" => return Err(LinkRefusal::Parameter),
                mandatory if mandatory.starts_with("m-") => return Err(LinkRefusal::Parameter),
                _optional => {}
            }
            seen.push(name);
        }
        Ok(read)
    }
}

fn context(value: &str) -> Result<Context, LinkRefusal> {
    if value.starts_with('+') {
        return digits(value).map(Context::Begins).map_err(|_| LinkRefusal::Parameter);
    }
    let is_name = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'.';
    let name = value.strip_suffix('.').unwrap_or(value);
    if name.is_empty() || !name.bytes().all(is_name) {
        return Err(LinkRefusal::Parameter);
    }
    Ok(Context::System(name.to_owned()))
}

fn extension(value: &str) -> Result<String, LinkRefusal> {
    let digits = digits(value).map_err(|_| LinkRefusal::Parameter)?;
    if digits.starts_with('+') || digits.len() > LONGEST_EXTENSION {
        return Err(LinkRefusal::Parameter);
    }
    Ok(digits)
}

/// Cuts off the extension that people write behind a number: `x204`, `ext. 204`.
fn without_extension(text: &str) -> (&str, Option<String>) {
    let Some(at) = text.find(|c: char| c.is_ascii_alphabetic()) else { return (text, None) };
    let (number, behind) = text.split_at(at);
    let lower = behind.to_ascii_lowercase();
    let mark = ["extension", "ext.", "ext", "x"].into_iter().find(|mark| lower.starts_with(mark));
    let said = mark.and_then(|mark| extension(behind[mark.len()..].trim()).ok());
    // Only behind a number that is long enough to stand alone.
    let stands = number.bytes().filter(u8::is_ascii_digit).count() >= 5;
    if said.is_some() && stands { (number, said) } else { (text, None) }
}

/// Returns the digits of one number, with a plus where it begins with one.
fn digits(text: &str) -> Result<String, LinkRefusal> {
    if text.contains(['*', '#']) {
        return Err(LinkRefusal::ServiceCode);
    }
    if text.contains([',', ';']) {
        return Err(LinkRefusal::Pause);
    }
    let mut digits = String::with_capacity(text.len());
    for (at, c) in text.char_indices() {
        match c {
            '0'..='9' => digits.push(c),
            '+' if digits.is_empty() => digits.push(c),
            '+' => return Err(LinkRefusal::SeveralNumbers),
            // The separators of RFC 3966 §5.1.1, and those of people.
            '-' | '.' | '(' | ')' | ' ' | '/' => {}
            'p' | 'P' | 'w' | 'W' if is_dialled_on(&digits, &text[at + 1..]) => {
                return Err(LinkRefusal::Pause);
            }
            _letter => return Err(LinkRefusal::NotANumber),
        }
    }
    if digits.bytes().any(|b| b.is_ascii_digit()) {
        Ok(digits)
    } else {
        Err(LinkRefusal::NotANumber)
    }
}

/// Says whether digits stand before and behind a letter that means a pause.
fn is_dialled_on(before: &str, behind: &str) -> bool {
    let next = behind.trim_start_matches(['p', 'P', 'w', 'W', ' ']).bytes().next();
    before.bytes().any(|b| b.is_ascii_digit()) && next.is_none_or(|b| b.is_ascii_digit())
}

/// Resolves `%2B` and the like, once. What they stand for has to be printable as well.
fn decoded(text: &str) -> Result<String, LinkRefusal> {
    let mut bytes = text.bytes();
    let mut out = String::with_capacity(text.len());
    while let Some(byte) = bytes.next() {
        let byte = if byte == b'%' {
            let mut digit = || bytes.next().and_then(|b| char::from(b).to_digit(16));
            let (Some(high), Some(low)) = (digit(), digit()) else {
                return Err(LinkRefusal::Characters);
            };
            u8::try_from(high * 16 + low).map_err(|_| LinkRefusal::Characters)?
        } else {
            byte
        };
        if !is_printable(byte) {
            return Err(LinkRefusal::Characters);
        }
        out.push(char::from(byte));
    }
    Ok(out)
}

fn is_printable(byte: u8) -> bool {
    byte == b' ' || byte.is_ascii_graphic()
}

fn cut(text: &str) -> String {
    text.trim().chars().take(LONGEST_SHOWN).collect()
}
