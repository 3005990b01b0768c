//! What colleagues at one org cost each other.

use engine::view::doctor::{CheckState, Who};
use scenarios::{Office, Options};
use simulator::salesforce::TaskSharing;

use super::assert_found;

const ADMIN: Who = Who::SalesforceAdmin;

#[tokio::test]
async fn without_a_unique_key_it_is_said_what_the_sharing_of_activities_means_for_missed_calls() {
    let id = "salesforce.call_key";
    let office = Office::open().await;
    for (sharing, says, each_desk) in [
        (TaskSharing::Private, "Activities are private", true),
        (TaskSharing::ControlledByParent, "controlled by their parent", true),
        (TaskSharing::Public, "shared with everybody", false),
    ] {
        office.salesforce.set(|org| org.task_sharing = sharing);
        let findings = office.examines().await;
        assert_found(&findings, id, CheckState::Warn, ADMIN, "Activity");
        let check = findings.check(id);
        assert!(check.found.contains(says) && check.found.contains("weaker"), "{check:#?}");
        let warned = check.found.contains("may be logged by each desk that rang");
        assert_eq!(warned, each_desk, "{check:#?}");
        assert!(check.todo.contains("PBX_Call_Key__c"), "{check:#?}");
    }
    // A user who may not see the set-up is told what is usual.
    office.salesforce.set(|org| org.sharing_told = false);
    let check = office.examines().await.check(id).clone();
    assert!(
        check.found.contains("does not tell") && check.found.contains("each desk"),
        "{check:#?}"
    );

    office.salesforce.set(|org| org.call_key_field = true);
    let before = office.salesforce.ledger().len();
    assert_eq!(office.examines().await.state(id), CheckState::Ok);
    let asked = office.salesforce.ledger().split_off(before);
    let about_sharing = |query: &String| query.contains("EntityDefinition");
    assert!(!asked.iter().filter_map(|one| one.query.as_ref()).any(about_sharing));
}

#[tokio::test]
async fn the_right_to_delete_is_looked_at_for_what_is_created_and_for_tasks() {
    let settings = "[auto_create]\ndirections = [\"inbound\"]\n".to_owned();
    let office = Office::with(Options { settings, ..Options::default() }).await;
    let rights = ["salesforce.delete_created", "salesforce.delete_task"];
    let findings = office.examines().await;
    for id in rights {
        assert_eq!(findings.state(id), CheckState::Ok);
    }
    office.salesforce.set(|org| {
        org.delete_denied = ["Lead", "Task"].map(str::to_owned).into();
    });
    let findings = office.examines().await;
    for id in rights {
        assert_found(&findings, id, CheckState::Warn, ADMIN, "Object Settings > Delete");
    }
    assert!(findings.check(rights[0]).found.contains("leads"));

    let office = Office::open().await;
    office.salesforce.set(|org| org.delete_denied = ["Lead".to_owned()].into());
    let findings = office.examines().await;
    assert_eq!(findings.state(rights[0]), CheckState::Ok, "nothing is created by itself");
}
