//! The ten labels and the five phases that they sit in.

/// A phase of the method, in its canonical order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// Why they came.
    Connection,
    /// How things are, what is wrong, what it costs.
    Engagement,
    /// From what they said to the offer.
    Transition,
    /// The offer.
    Presentation,
    /// The decision.
    Commitment,
}

impl Phase {
    /// How many there are.
    pub const COUNT: usize = 5;
}

macro_rules! labels {
    ($($(#[$meaning:meta])* $label:ident $name:literal $phase:ident,)*) => {
        /// A question type.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Label {
            $($(#[$meaning])* $label,)*
        }

        impl Label {
            /// Names of all, in canonical order.
            pub const NAMES: &'static [&'static str] = &[$($name),*];

            /// Name in files and on the screen.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$label => $name,)* }
            }

            /// The label of a name.
            #[must_use]
            pub fn from_name(name: &str) -> Option<Self> {
                match name { $($name => Some(Self::$label),)* _ => None }
            }

            /// The phase that it belongs to.
            #[must_use]
            pub const fn phase(self) -> Phase {
                match self { $(Self::$label => Phase::$phase,)* }
            }
        }
    };
}

labels! {
    /// Why they came, what prompted them.
    Connection "connection" Connection,
    /// How things are done today, who, what, how long.
    Situation "situation" Engagement,
    /// Whether it works, what is wrong, its causes and effects.
    ProblemAwareness "problem_awareness" Engagement,
    /// To say more, or to be more exact.
    ClarifyProbe "clarify_probe" Engagement,
    /// What they tried, what an ideal outcome would be, what kept them from it.
    SolutionAwareness "solution_awareness" Engagement,
    /// What happens or costs if nothing changes.
    Consequence "consequence" Engagement,
    /// How important, why now, who decides.
    Qualifying "qualifying" Engagement,
    /// Bridging from what they said to the offer.
    Transition "transition" Transition,
    /// The offer and what it does for them.
    Presentation "presentation" Presentation,
    /// Testing readiness, proposing the decision or a next step.
    Commitment "commitment" Commitment,
}

impl Label {
    /// Whether the type asks (the others may tell).
    #[must_use]
    pub const fn asks(self) -> bool {
        !matches!(self, Self::Transition | Self::Presentation)
    }
}

#[cfg(test)]
mod tests {
    use super::Label;

    #[test]
    fn every_tier_has_the_same_names() {
        assert_eq!(Label::NAMES, rehearsal_labels::names::NEPQ);
    }
}
