//! The org's own host, and the pages of it that are opened.

use std::fmt;

use domain::{Object, RecordId, TaskId};
use url::Url;

use crate::{
    app::{Login, is_loopback},
    error::Error,
};

/// Domains of Salesforce, by the cloud they belong to. Source: salesforce-api.md §1.1.
const CLOUDS: [&[&str]; 2] =
    [&[".salesforce.com", ".force.com"], &[".sfcrmproducts.cn", ".sfcrmapps.cn"]];

/// The address to which the org's requests go and whose pages are opened.
///
/// Only made from an address that was checked, so a token never goes to a host that merely looks like Salesforce.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Instance(Url);

impl Instance {
    /// Checks an address from a token answer, or one that was kept.
    ///
    /// It must be https on a domain of the cloud in which people sign in, or the sign-in host itself, without user
    /// info, path, or a port of its own. Where people sign in on this computer, the org must be there too. A sign-in
    /// host that is not Salesforce's has any org behind it only where the sign-in was `granted` there.
    ///
    /// # Errors
    ///
    /// [`Error::UnexpectedInstance`] for any other address.
    pub fn check(text: &str, login: &Login, granted: Option<&Login>) -> Result<Self, Error> {
        if !login.is_salesforces() && granted != Some(login) {
            return Err(Error::UnexpectedInstance);
        }
        let url = Url::parse(text).map_err(|_| Error::UnexpectedInstance)?;
        let bare = url.username().is_empty()
            && url.password().is_none()
            && url.path() == "/"
            && url.query().is_none()
            && url.fragment().is_none()
            && !text.contains('@');
        let expected = if login.is_loopback() {
            matches!(url.scheme(), "http" | "https") && is_loopback(&url)
        } else {
            url.scheme() == "https" && (same_origin(&url, login.url()) || same_cloud(&url, login))
        };
        if bare && expected { Ok(Self(url)) } else { Err(Error::UnexpectedInstance) }
    }

    /// Returns the address, without a slash at its end.
    pub fn as_str(&self) -> &str {
        self.0.as_str().trim_end_matches('/')
    }

    /// Returns the page of a record.
    pub fn record_url(&self, object: Object, id: &RecordId) -> Url {
        self.page(&format!("/lightning/r/{}/{id}/view", object.api_name()))
    }

    /// Returns the page of a Task.
    pub fn task_url(&self, id: &TaskId) -> Url {
        self.page(&format!("/lightning/r/Task/{id}/view"))
    }

    /// Returns the form for a new record with the phone number filled in.
    ///
    /// Only digits and a leading plus of `number` are used. The value is encoded twice, as the page decodes it twice.
    /// Source: salesforce-api.md §11.
    pub fn new_record_url(&self, object: Object, number: &str) -> Url {
        let digits: String = number.chars().filter(char::is_ascii_digit).collect();
        let plus = if number.trim_start().starts_with('+') { "%2B" } else { "" };
        let mut url = self.page(&format!("/lightning/o/{}/new", object.api_name()));
        url.query_pairs_mut().append_pair("defaultFieldValues", &format!("Phone={plus}{digits}"));
        url
    }

    /// Returns an address on this host. `path` is server-relative.
    pub(crate) fn page(&self, path: &str) -> Url {
        let mut url = self.0.clone();
        url.set_path(path);
        url
    }

    /// Says whether the host's name tells that the org is a sandbox.
    pub(crate) fn is_sandbox_host(&self) -> bool {
        self.0.host_str().is_some_and(|host| host.contains(".sandbox.") || host.contains("--"))
    }
}

impl fmt::Display for Instance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

fn same_origin(url: &Url, login: &Url) -> bool {
    url.host_str() == login.host_str() && url.port() == login.port()
}

fn same_cloud(url: &Url, login: &Login) -> bool {
    // A company may sign people in on a domain of its own, in front of either cloud.
    let login_cloud = cloud(login.url());
    url.port().is_none()
        && cloud(url).is_some_and(|cloud| login_cloud.is_none_or(|expected| expected == cloud))
}

/// Returns which of Salesforce's clouds a host belongs to.
pub(crate) fn cloud(url: &Url) -> Option<usize> {
    let host = url.host_str()?;
    CLOUDS.iter().position(|cloud| {
        cloud.iter().any(|domain| host.strip_suffix(domain).is_some_and(|name| !name.is_empty()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn login(text: &str) -> Login {
        Login::parse(text).unwrap()
    }

    #[test]
    fn an_org_of_the_same_cloud_is_taken() {
        for (at, org) in [
            ("login.salesforce.com", "https://northwind.my.salesforce.com"),
            ("login.salesforce.com", "https://northwind.my.salesforce.com/"),
            ("test.salesforce.com", "https://northwind--sbx.sandbox.my.salesforce.com"),
            ("northwind.my.salesforce.com", "https://northwind.my.salesforce.com"),
            ("login.sfcrmproducts.cn", "https://northwind.my.sfcrmproducts.cn"),
            ("sso.northwind.example", "https://northwind.my.salesforce.com"),
            ("sso.northwind.example", "https://sso.northwind.example"),
            ("http://localhost:1234", "http://127.0.0.1:4321"),
            ("http://localhost:1234", "http://localhost:1234"),
        ] {
            let at = login(at);
            assert!(Instance::check(org, &at, Some(&at)).is_ok(), "{at} {org}");
        }
    }

    #[test]
    fn no_org_is_believed_behind_a_foreign_host_where_nobody_has_signed_in() {
        let org = "https://northwind.my.salesforce.com";
        let salesforces = login("login.salesforce.com");
        for (at, granted, believed) in [
            ("login.salesforce.com", None, true),
            ("northwind.my.salesforce.com", Some("login.salesforce.com"), true),
            ("evil.example", None, false),
            ("evil.example", Some("login.salesforce.com"), false),
            ("evil.example", Some("sso.northwind.example"), false),
            ("sso.northwind.example:8443", Some("sso.northwind.example"), false),
            ("http://localhost:1234", Some("http://127.0.0.1:1234"), false),
            ("sso.northwind.example", Some("sso.northwind.example"), true),
        ] {
            let (at, granted) = (login(at), granted.map(login));
            for org in [org.to_owned(), at.as_str().to_owned()] {
                let checked = Instance::check(&org, &at, granted.as_ref());
                assert_eq!(checked.is_ok(), believed, "{at} {granted:?} {org}");
            }
        }
        assert!(salesforces.is_salesforces());
        assert!(!login("https://login.salesforce.com:8443").is_salesforces());
        assert!(!login("salesforce.com.evil.example").is_salesforces());
    }

    #[test]
    fn an_address_that_only_looks_like_the_org_is_refused() {
        for org in [
            "http://northwind.my.salesforce.com",
            "https://salesforce.com.evil.io",
            "https://evilsalesforce.com",
            "https://salesforce.com",
            "https://.salesforce.com",
            "https://northwind.my.salesforce.com.",
            "https://northwind.my.salesforce.com:8443",
            "https://northwind.my.salesforce.com/path",
            "https://northwind.my.salesforce.com?x",
            "https://northwind.my.salesforce.com@evil.io",
            "https://evil.io@northwind.my.salesforce.com",
            "https://@northwind.my.salesforce.com",
            "https://a:b@northwind.my.salesforce.com",
            "https://evil.io#.salesforce.com",
            "https://evil.io\\.salesforce.com",
            "https://northwind.my.sfcrmproducts.cn",
            "http://127.0.0.1:1",
            "https://localhost",
            "//northwind.my.salesforce.com",
            "javascript:alert(1)",
            "file:///x",
            "",
        ] {
            let checked = Instance::check(org, &login("login.salesforce.com"), None);
            assert!(matches!(checked, Err(Error::UnexpectedInstance)), "{org}");
        }
        for org in ["https://evil.io", "http://evil.io", "https://northwind.my.salesforce.com"] {
            let here = login("http://localhost:1");
            assert!(Instance::check(org, &here, Some(&here)).is_err(), "{org}");
        }
    }

    #[test]
    fn pages_are_built_from_ids_and_digits_only() {
        let at = login("login.salesforce.com");
        let org = Instance::check("https://northwind.my.salesforce.com", &at, None).unwrap();
        let id = RecordId::parse("0035g00000EXAMP").unwrap();
        assert_eq!(
            org.record_url(Object::Contact, &id).as_str(),
            format!("https://northwind.my.salesforce.com/lightning/r/Contact/{id}/view")
        );
        assert_eq!(
            org.new_record_url(Object::Lead, "+49 30 1234567,Company=x&y").as_str(),
            "https://northwind.my.salesforce.com/lightning/o/Lead/new\
             ?defaultFieldValues=Phone%3D%252B49301234567"
        );
    }
}
