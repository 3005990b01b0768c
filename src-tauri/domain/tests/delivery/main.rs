//! Any news between any two steps of any worker: in the end there is one Task, under the right key, or none.
//!
//! Two computers of one agent hear the same truth at different times and work on it at the same time. Each step of a
//! worker is a step of its own here: lease, a question's arrival, its answer, intent, the request's arrival, the answer's
//! arrival or its loss. Anything may come between two of them, workers die there, and a request whose sender is gone still
//! arrives up to three seconds later. The same where nobody may delete a Task, and for two agents who do not see each
//! other's.
//!
//! `HISTORIES=10000` sets how many are told, `PROPTEST_RNG_SEED=1` which.

#![allow(clippy::unwrap_used, reason = "a test fails where it stands, its helpers too")]

mod model;
mod steps;

use domain::delivery::{Stage, Why};
use proptest::prelude::*;

use self::model::{ALL_RIGHTS, Happening, Rights, Truth, World, happening, truth};

/// Where nothing may be deleted, or nobody sees what the other has: no computer has two, none is lost, and each Task that
/// a computer speaks of is there and says what was so.
fn check_with_less_rights(world: &World) {
    let last = *world.truths.last().unwrap();
    let is_ours = matches!(last, Truth::Missed | Truth::Answered);
    for (who, computer) in world.computers.iter().enumerate() {
        let own = world.org.tasks.iter().filter(|task| task.by == who).count();
        assert!(own <= 1, "a computer has {own}: {:?}", world.org.tasks);
        let Some(delivery) = &computer.delivery else {
            assert!(!is_ours, "it was heard");
            continue;
        };
        if is_ours {
            assert_eq!(delivery.stage, Stage::Logged, "{delivery:?}");
        }
        if delivery.stage == Stage::Logged {
            let found = world.org.find(delivery.task().unwrap());
            let found = found.expect("it speaks of a Task that is there");
            assert!(!is_ours || found.key == last.key(), "{found:?}, and it was {last:?}");
        } else if world.org.rights.delete {
            assert_eq!(own, 0, "{delivery:?}: {:?}", world.org.tasks);
        }
    }
}

fn check(world: &World, both: bool) {
    let last = *world.truths.last().unwrap();
    match last {
        Truth::Elsewhere => assert_eq!(world.org.tasks, [], "a colleague's call is logged here"),
        Truth::Internal => assert_eq!(world.org.tasks, [], "a kind that is not wanted is logged"),
        Truth::Missed | Truth::Answered => {
            assert_eq!(world.org.tasks.len(), 1, "one Task: {:?}", world.org.tasks);
            assert_eq!(world.org.tasks[0].key, last.key(), "the Task has the key of what it was");
        }
    }
    for computer in &world.computers[..if both { 2 } else { 1 }] {
        let Some(delivery) = &computer.delivery else { continue };
        match last {
            Truth::Elsewhere => assert_eq!(delivery.stage, Stage::Skipped(Why::Elsewhere)),
            Truth::Internal => assert_eq!(delivery.stage, Stage::Skipped(Why::Settings)),
            Truth::Missed | Truth::Answered => {
                assert_eq!(delivery.stage, Stage::Logged, "{delivery:?}");
                // A Task that one computer took back is taken for deleted by a person on the other.
                let taken_back = world
                    .truths
                    .iter()
                    .any(|truth| matches!(truth, Truth::Elsewhere | Truth::Internal));
                assert!(
                    taken_back || world.org.find(delivery.task().unwrap()).is_some(),
                    "it speaks of a Task that is gone"
                );
            }
        }
    }
}

fn histories() -> u32 {
    std::env::var("HISTORIES").ok().and_then(|text| text.parse().ok()).unwrap_or(3_000)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: histories(), ..ProptestConfig::default() })]

    #[test]
    fn whatever_comes_between_two_steps_there_is_one_task_in_the_end(
        truths in prop::collection::vec(truth(), 1..5),
        happenings in prop::collection::vec(happening(), 0..60),
    ) {
        let mut world = World::new(truths, false, ALL_RIGHTS);
        for happening in happenings {
            let alone = match happening {
                Happening::Hears(_) => Happening::Hears(0),
                Happening::Works(_) => Happening::Works(0),
                Happening::LosesTheAnswer(_) => Happening::LosesTheAnswer(0),
                Happening::Dies(_) => Happening::Dies(0),
                Happening::Noted(_) => Happening::Noted(0),
                Happening::Retries(_) => Happening::Retries(0),
                Happening::Hastens(_) => Happening::Hastens(0),
                Happening::Looks(_) => Happening::Looks(0),
                Happening::Time(seconds) => Happening::Time(seconds),
            };
            world.happens(alone);
            prop_assert!(world.org.tasks.len() <= 1, "two Tasks, if only for a while");
        }
        world.ends(false);
        check(&world, false);
    }

    #[test]
    fn two_computers_of_one_agent_end_with_one_task(
        truths in prop::collection::vec(truth(), 1..4),
        asks in any::<bool>(),
        happenings in prop::collection::vec(happening(), 0..80),
    ) {
        let mut world = World::new(truths, asks, ALL_RIGHTS);
        for happening in happenings {
            world.happens(happening);
        }
        world.ends(true);
        check(&world, true);
    }

    #[test]
    fn without_the_right_to_delete_no_computer_has_two_and_none_is_lost(
        truths in prop::collection::vec(truth(), 1..4),
        asks in any::<bool>(),
        private in any::<bool>(),
        happenings in prop::collection::vec(happening(), 0..80),
    ) {
        let mut world = World::new(truths, asks, Rights { delete: false, private });
        for happening in happenings {
            world.happens(happening);
        }
        world.ends(true);
        check_with_less_rights(&world);
    }

    #[test]
    fn two_agents_who_do_not_see_each_others_tasks_have_one_each(
        truths in prop::collection::vec(truth(), 1..4),
        asks in any::<bool>(),
        happenings in prop::collection::vec(happening(), 0..80),
    ) {
        let mut world = World::new(truths, asks, Rights { delete: true, private: true });
        for happening in happenings {
            world.happens(happening);
        }
        world.ends(true);
        check_with_less_rights(&world);
    }
}
