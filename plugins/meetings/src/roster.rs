//! Who takes part, and on which side.

use rehearsal_sdk::types::{Participant, Role};
use unicode_normalization::UnicodeNormalization;

/// Somebody whom the service knows.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Person {
    /// As the service writes it.
    pub name: Option<String>,
    /// Never handed on: it tells people and companies apart.
    pub email: Option<String>,
    /// The service's own id of the voice.
    pub speaker: Option<String>,
    /// The side, where the service lets one tell; what that rests on; how sure it is, 0 to 1.
    pub side: Option<(Role, &'static str, f32)>,
    /// The company they speak for.
    pub organisation: Option<String>,
}

/// Everybody in a meeting, in the service's order.
#[derive(Debug, Clone, Default)]
pub struct Roster {
    people: Vec<Person>,
}

impl Roster {
    /// Adds somebody, or what is new about somebody who is there already. What was known
    /// before stands.
    pub fn add(&mut self, person: Person) {
        let Some(known) = self.position(&person).and_then(|at| self.people.get_mut(at)) else {
            self.people.push(person);
            return;
        };
        known.name = known.name.take().or(person.name);
        known.email = known.email.take().or(person.email);
        known.speaker = known.speaker.take().or(person.speaker);
        known.side = known.side.or(person.side);
        known.organisation = known.organisation.take().or(person.organisation);
    }

    /// Where somebody is: by voice, then e-mail, then name.
    fn position(&self, person: &Person) -> Option<usize> {
        let by = |same: &dyn Fn(&Person) -> bool| self.people.iter().position(same);
        if [&person.speaker, &person.email, &person.name].iter().all(|known| known.is_none()) {
            // Voices that nothing tells apart are one.
            return by(&|one| [&one.speaker, &one.email, &one.name].iter().all(|k| k.is_none()));
        }
        let speaker = person.speaker.as_deref();
        let email = person.email.as_deref().map(fold);
        let name = person.name.as_deref().map(fold);
        speaker
            .and_then(|id| by(&|one| one.speaker.as_deref() == Some(id)))
            .or_else(|| {
                email.and_then(|email| {
                    by(&|one| one.email.as_deref().map(fold) == Some(email.clone()))
                })
            })
            .or_else(|| {
                let name = name?;
                let at = by(&|one| one.name.as_deref().map(fold) == Some(name.clone()))?;
                // One name, two addresses: two people.
                let other = self.people[at].email.as_deref();
                let differs =
                    person.email.as_deref().zip(other).is_some_and(|(a, b)| fold(a) != fold(b));
                (!differs).then_some(at)
            })
    }

    /// Index of a speaker, who joins if nobody knew of them.
    pub fn speaker(&mut self, person: Person) -> usize {
        match self.position(&person) {
            Some(at) => {
                self.add(person);
                at
            }
            None => {
                self.people.push(person);
                self.people.len() - 1
            }
        }
    }

    /// Everybody, in order.
    #[must_use]
    pub fn people(&self) -> &[Person] {
        &self.people
    }

    /// Everybody as the contract has them.
    #[must_use]
    pub fn participants(&self) -> Vec<Participant> {
        let participant = |person: &Person| {
            let (role, evidence, confidence) = person.side.unwrap_or((Role::Unknown, "", 0.0));
            Participant {
                name: person.name.clone(),
                role,
                role_confidence: confidence,
                role_evidence: evidence.to_owned(),
                organisation: person.organisation.clone(),
            }
        };
        self.people.iter().map(participant).collect()
    }

    /// The customer: the company of the first prospect whose e-mail tells one.
    #[must_use]
    pub fn account(&self) -> Option<String> {
        let prospects =
            self.people.iter().filter(|one| matches!(one.side, Some((Role::Prospect, ..))));
        let emails = prospects.filter_map(|one| one.email.as_deref());
        let domains = emails.filter_map(domain);
        domains.filter(|domain| !is_mail_provider(domain)).min()
    }
}

/// The company part of an e-mail address.
#[must_use]
pub fn domain(email: &str) -> Option<String> {
    let (_, domain) = email.rsplit_once('@')?;
    (!domain.is_empty()).then(|| domain.trim().to_lowercase())
}

/// Whether anybody can have an address there, so that it tells no company.
#[must_use]
pub fn is_mail_provider(domain: &str) -> bool {
    const PROVIDERS: &[&str] = &[
        "aol.com",
        "fastmail.com",
        "gmail.com",
        "gmx.com",
        "gmx.de",
        "gmx.net",
        "googlemail.com",
        "hey.com",
        "hotmail.com",
        "icloud.com",
        "live.com",
        "mac.com",
        "mail.com",
        "mail.ru",
        "me.com",
        "msn.com",
        "outlook.com",
        "pm.me",
        "proton.me",
        "protonmail.com",
        "qq.com",
        "t-online.de",
        "web.de",
        "yahoo.co.uk",
        "yahoo.com",
        "yandex.ru",
        "zoho.com",
    ];
    PROVIDERS.contains(&domain)
}

/// Names and addresses are the same in any case and any form of their accents.
fn fold(text: &str) -> String {
    text.trim().nfkc().collect::<String>().to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person(name: &str, email: &str) -> Person {
        let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        Person { name: some(name), email: some(email), ..Person::default() }
    }

    #[test]
    fn the_same_person_is_found_again() {
        let mut roster = Roster::default();
        roster.add(Person {
            side: Some((Role::Prospect, "is_external", 0.9)),
            ..person("Bo Lee", "bo@cust.test")
        });
        roster.add(person("Al", "al@us.test"));
        assert_eq!(roster.speaker(person("bo lee ", "")), 0);
        assert_eq!(roster.speaker(person("", "AL@us.test")), 1);
        assert_eq!(roster.speaker(person("Bo Lee", "other@cust.test")), 2);
        assert_eq!(roster.speaker(person("Cy", "")), 3);
        assert_eq!(roster.account().as_deref(), Some("cust.test"));
    }

    #[test]
    fn a_mail_provider_is_no_account() {
        let mut roster = Roster::default();
        roster.add(Person {
            side: Some((Role::Prospect, "is_external", 0.9)),
            ..person("Bo", "bo@gmail.com")
        });
        assert_eq!(roster.account(), None);
    }
}
