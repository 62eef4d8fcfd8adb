//! Lists of English words.

use std::collections::HashSet;
use std::sync::LazyLock;

/// A list as a set.
pub(crate) type Words = LazyLock<HashSet<&'static str>>;

/// Words that carry little meaning of their own: two turns that share one share nothing.
pub(crate) static FUNCTION: Words = LazyLock::new(|| {
    "a an the and or but if so as at by for from in into of off on onto out over to up with about \
     after before than then there here this that these those it its it's i i'm i've i'd i'll me my \
     mine we we're we've we'd we'll us our ours you you're you've you'd you'll your yours he he's \
     him his she she's her they they're them their what what's which who who's whom when where why \
     how is isn't am are aren't was wasn't were weren't be been being do don't does doesn't did \
     didn't done have haven't has hasn't had hadn't having can can't cannot could couldn't will \
     won't would wouldn't shall should shouldn't may might must let let's not no nor yes yeah yep \
     yup ok okay oh ah uh um em er hm hmm mm huh ha well just like really very too also only even \
     still now all any some one two get got getting go going gonna goes went come know mean say \
     said says see right sure thing things that's there's here's because 'cause cause more much \
     many lot kind sort bit way back again ever never always maybe actually honestly look think \
     guess want wanna something anything nothing everything someone anyone every each other \
     another such own same both few most than too because while until though although since d s t \
     ll re ve m"
        .split_ascii_whitespace()
        .collect()
});

/// Words of listening signals.
pub(crate) static BACKCHANNEL: Words = LazyLock::new(|| {
    "yeah yep yes uh huh mm hmm hm mhm okay ok right sure oh ah wow gosh i see got it go on really \
     no kidding ha fair enough exactly totally absolutely of course good great nice cool alright \
     all yup true indeed and"
        .split_ascii_whitespace()
        .collect()
});

/// Words that open an open question.
pub(crate) static OPENERS: Words = LazyLock::new(|| {
    "what how who where when why which whose whats hows whos".split_ascii_whitespace().collect()
});

/// Words that open a closed question.
pub(crate) static AUXILIARIES: Words = LazyLock::new(|| {
    "do does did is are was were can could will would have has had should may might isn't aren't \
     don't doesn't didn't won't wouldn't couldn't can't haven't hasn't am shall"
        .split_ascii_whitespace()
        .collect()
});

/// What may stand before a question without changing it.
pub(crate) static LEADS: Words =
    LazyLock::new(|| "and so but okay or well right".split_ascii_whitespace().collect());

/// What may stand before an acknowledgement.
pub(crate) static FILLERS: Words = LazyLock::new(|| {
    "oh ha well yeah no okay and hm hmm ah so look right".split_ascii_whitespace().collect()
});

/// Acknowledgements that open a turn; a turn of one of the [`FILLERS`] alone is one, too.
pub(crate) const ACKNOWLEDGEMENTS: &[&[&str]] = &[
    &["i", "see"],
    &["i", "hear"],
    &["i", "understand"],
    &["i", "get"],
    &["i", "know"],
    &["i", "bet"],
    &["i'd"],
    &["i'm", "sorry"],
    &["fair"],
    &["that", "makes", "sense"],
    &["makes", "sense"],
    &["got", "it"],
    &["understood"],
    &["that's", "fair"],
    &["that's", "good"],
    &["that's", "great"],
    &["that's", "a"],
    &["that's", "rough"],
    &["that's", "hard"],
    &["that's", "tough"],
    &["that's", "awful"],
    &["that's", "terrible"],
    &["that's", "fine"],
    &["sure"],
    &["of", "course"],
    &["ouch"],
    &["oof"],
    &["sorry"],
    &["you're", "right"],
    &["good"],
    &["great"],
    &["exactly"],
    &["absolutely"],
    &["noted"],
    &["gosh"],
    &["wow"],
    &["yikes"],
    &["yes"],
];
