//! Who said what when.

use rehearsal_sdk::types::{Conversation, Timing};

use crate::roster::{Person, Roster};

/// What is said in a meeting, sentence by sentence.
#[derive(Debug, Clone, Default)]
pub struct Script {
    /// Who takes part.
    pub roster: Roster,
    turns: Vec<Turn>,
}

#[derive(Debug, Clone)]
struct Turn {
    speaker: usize,
    text: String,
    start_ms: Option<u32>,
    end_ms: Option<u32>,
}

impl Script {
    /// Of these people, nothing said yet.
    #[must_use]
    pub fn new(roster: Roster) -> Self {
        Self { roster, turns: Vec::new() }
    }

    /// Adds a sentence. Consecutive ones of one speaker are one turn, from the start of the
    /// first to the end of the last. Empty ones say nothing.
    pub fn say(&mut self, speaker: Person, text: &str, start_ms: Option<u32>, end_ms: Option<u32>) {
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        if text.is_empty() {
            return;
        }
        let speaker = self.roster.speaker(speaker);
        match self.turns.last_mut() {
            Some(turn) if turn.speaker == speaker => {
                turn.text.push(' ');
                turn.text.push_str(&text);
                turn.end_ms = end_ms;
            }
            _ => self.turns.push(Turn { speaker, text, start_ms, end_ms }),
        }
    }

    /// When the last thing was said, in ms.
    #[must_use]
    pub fn last_ms(&self) -> Option<u32> {
        self.turns.iter().filter_map(|turn| turn.end_ms.or(turn.start_ms)).max()
    }

    /// The call, with as much about time as every turn has.
    #[must_use]
    pub fn into_conversation(self) -> Conversation {
        let account = self.roster.account();
        let participants = self.roster.participants();
        let mut call = Conversation { participants, account, ..Conversation::default() };
        let starts = self.turns.iter().all(|turn| turn.start_ms.is_some());
        let ends = starts
            && self
                .turns
                .iter()
                .all(|turn| turn.end_ms.is_some_and(|end| Some(end) >= turn.start_ms));
        call.timing = match (starts, ends) {
            _ if self.turns.is_empty() => Timing::None,
            (true, true) => Timing::Turns,
            (true, false) => Timing::Starts,
            (false, _) => Timing::None,
        };
        for turn in self.turns {
            let speaker = u32::try_from(turn.speaker).unwrap_or(u32::MAX);
            let (start, end) = (turn.start_ms.filter(|_| starts), turn.end_ms.filter(|_| ends));
            call.push_turn(speaker, &turn.text, start, end);
        }
        call
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(name: &str) -> Person {
        Person { name: Some(name.to_owned()), ..Person::default() }
    }

    #[test]
    fn sentences_of_one_speaker_are_one_turn() {
        let mut script = Script::default();
        script.say(named("Al"), " Hi\u{a0}Bo. ", Some(1), Some(2));
        script.say(named("Al"), "", Some(2), Some(3));
        script.say(named("Al"), "All well?", Some(4), Some(6));
        script.say(named("Bo"), "Yes.", Some(7), Some(8));
        let call = script.into_conversation();
        assert_eq!(call.text, "Hi Bo. All well?\nYes.");
        assert_eq!(call.timing, Timing::Turns);
        assert_eq!((call.turns[0].start_ms, call.turns[0].end_ms), (Some(1), Some(6)));
    }

    #[test]
    fn what_one_turn_does_not_know_none_does() {
        let mut script = Script::default();
        script.say(named("Al"), "Hi.", Some(1), Some(2));
        script.say(named("Bo"), "Yes.", Some(7), None);
        let call = script.clone().into_conversation();
        assert_eq!((call.timing, call.turns[0].end_ms), (Timing::Starts, None));
        script.say(named("Al"), "Fine.", None, None);
        let call = script.into_conversation();
        assert_eq!((call.timing, call.turns[0].start_ms), (Timing::None, None));
    }
}
