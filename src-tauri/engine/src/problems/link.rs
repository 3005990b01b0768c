//! Why a number or a link is not called.

use std::time::Duration;

use domain::{link::LinkRefusal, number::NotDialable};

use crate::view::Problem;

pub(crate) fn not_dialable(reason: NotDialable) -> Problem {
    match reason {
        NotDialable::NotANumber => Problem::new(
            "dial.not_a_number",
            "This is not a telephone number, so nothing was dialled.",
            "Enter a number or an extension.",
        ),
        NotDialable::ServiceCode => Problem::new(
            "dial.service_code",
            "Service codes and pauses (* # ,) are not dialled from here, because they can forward or bill calls unseen.",
            "Dial the code on the phone.",
        ),
        NotDialable::Blocked => Problem::new(
            "dial.blocked",
            "This number is on the list of numbers that are never dialled, so it was not.",
            "Ask your administrator, or change dial.blocked in the settings.",
        ),
    }
}

/// Says why a link is not called; nothing of the link is in it.
pub(crate) fn of_link(why: LinkRefusal) -> Problem {
    match why {
        LinkRefusal::NotALink => Problem::new(
            "link.not_a_link",
            "An option or a file stands in the place of a link, and nothing was dialled.",
            "Give a link such as tel:+49301234567.",
        ),
        LinkRefusal::UnknownScheme => Problem::new(
            "link.unknown_scheme",
            "This is not a link to a telephone number, and nothing was dialled.",
            "Use a link that begins with tel:, callto:, sip: or patchcord:.",
        ),
        LinkRefusal::TooLong | LinkRefusal::Characters => Problem::new(
            "link.unreadable",
            "The link is too long or holds characters that belong in no number, and nothing was dialled.",
            "Type the number in Patchcord's search box if it is right.",
        ),
        LinkRefusal::Header => Problem::new(
            "link.header",
            "The link asks for more than a call (it carries headers), and nothing was dialled.",
            "Type the number in Patchcord's search box if it is right.",
        ),
        LinkRefusal::SeveralNumbers => Problem::new(
            "link.several_numbers",
            "The link holds more than one number, and nothing was dialled.",
            "Type the number that you mean in Patchcord's search box.",
        ),
        LinkRefusal::ServiceCode | LinkRefusal::Pause => not_dialable(NotDialable::ServiceCode),
        LinkRefusal::NotANumber => not_dialable(NotDialable::NotANumber),
        LinkRefusal::Parameter => Problem::new(
            "link.parameter",
            "The link says something about its number that Patchcord must understand to call it and does not, and nothing was dialled.",
            "Type the number in Patchcord's search box if it is right.",
        ),
        LinkRefusal::OtherSystem => Problem::new(
            "link.other_system",
            "The number in the link is only valid within another telephone system, and nothing was dialled.",
            "Ask for the full number, with its country's code.",
        ),
        LinkRefusal::Form => Problem::new(
            "link.form",
            "This is not a form of link that Patchcord knows, and nothing was dialled.",
            "Write it as patchcord:dial?number=+49301234567.",
        ),
        LinkRefusal::Blocked => not_dialable(NotDialable::Blocked),
        LinkRefusal::Premium => Problem::new(
            "dial.premium",
            "This is a premium-rate number: a call costs a lot, and links to such numbers are not dialled.",
            "If you do want to call it, type the number in Patchcord's search box.",
        ),
    }
}

pub(crate) fn links_are_off() -> Problem {
    Problem::new(
        "link.switched_off",
        "The integration is switched off, so links are not dialled.",
        "Switch it on in the window, or with `patchcord enable`, and click the link again.",
    )
}

/// More calls than a person begins. `wait` is what is left of the pause.
pub(crate) fn too_many_dials(wait: Duration) -> Problem {
    let seconds = wait.as_millis().div_ceil(1_000).max(1);
    Problem::new(
        "dial.too_many",
        "Calls were begun too quickly one after the other; this one was not dialled.",
        format!(
            "Wait {seconds} s, then call again. If you did not begin them, close the window and tell your IT."
        ),
    )
}

pub(crate) fn too_many_links() -> Problem {
    Problem::new(
        "link.too_many",
        "Too many links came at once; this one was not dialled.",
        "Click it again in a moment. If you clicked only once, the page opens links by itself: close it.",
    )
}

pub(crate) fn no_window_for_links() -> Problem {
    Problem::new(
        "link.no_window",
        "A link is dialled only after a person has agreed, and this Patchcord has no window to ask in. Nothing was dialled.",
        "Start the window with `patchcord`, or use `patchcord dial NUMBER`; dial.confirm_links = false lets links of your own country dial without a question.",
    )
}

pub(crate) fn screen_is_locked() -> Problem {
    Problem::new(
        "link.screen_locked",
        "The screen is locked, so nothing was dialled.",
        "Unlock the screen and try again.",
    )
}

pub(crate) fn link_is_gone() -> Problem {
    Problem::new(
        "link.gone",
        "This link was replaced by another one, or has waited too long. Nothing was dialled.",
        "Look at the card that is there now, or click the link again.",
    )
}

pub(crate) fn links_not_taken(why: &str) -> Problem {
    Problem::new(
        "link.not_default",
        format!("Patchcord could not be made the program for telephone links: {why}."),
        "Choose Patchcord for tel: links in the system's settings.",
    )
}

pub(crate) fn link_did_not_come() -> Problem {
    Problem::new(
        "link.test_lost",
        "The test link was opened and did not come back to Patchcord: telephone links go to another program, or to none.",
        "Make Patchcord the default for telephone links, or choose it in the system's settings, and test again.",
    )
}
