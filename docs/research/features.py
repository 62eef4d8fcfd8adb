"""Features of the learned extractors as they were measured: tokens, stems, cue expressions,
explicit features and n-grams. The reference for their port to Rust; see learned-labels.md."""

import re, math, numpy as np, zlib
from data import *

STOP = set(
    """a an the and or but if so as at by for from in into of off on onto out over to up with about after before than then there here this that these those it its it's i i'm i've i'd i'll me my mine we we're we've we'd we'll us our you you're you've you'd you'll your yours he he's him his she she's her they they're them their what what's which who who's whom when where why how is isn't am are aren't was wasn't were weren't be been being do don't does doesn't did didn't done have haven't has hasn't had hadn't having can can't cannot could couldn't will won't would wouldn't shall should shouldn't may might must let let's not no nor yes yeah yep yup ok okay oh ah uh um em er hm hmm mm huh ha well just like really very too also only even still now all any some one two get got getting go going gonna goes went come know mean say said says see right sure thing things that's there's here's because 'cause cause more much many lot kind sort bit way back again ever never always maybe actually honestly look think guess want wanna something anything nothing everything someone anyone every each other another such own same both few most than too because while until though although since d s t ll re ve m""".split()
)
TOK = re.compile(r"[a-z0-9]+(?:['’][a-z]+)*", re.I)


def toks(t):
    return [x.lower().replace("’", "'") for x in TOK.findall(t)]


def stem(w):
    w = w.split("'")[0]
    for s in ("ingly", "edly", "ings", "ing", "ies", "ied", "ers", "ed", "es", "er", "ly", "s"):
        if w.endswith(s) and len(w) - len(s) >= 3:
            w = w[: -len(s)]
            if s in ("ies", "ied"):
                w += "y"
            break
    if len(w) > 3 and w[-1] == w[-2]:
        w = w[:-1]
    if len(w) > 3 and w[-1] == "e":
        w = w[:-1]
    return w


def content(tk):
    return [stem(w) for w in tk if w not in STOP and len(w) > 1]


BACK = set(
    "yeah yep yes uh huh mm hmm hm mhm okay ok right sure oh ah wow gosh i see got it go on really no kidding ha fair enough exactly totally absolutely of course good great nice cool alright all yup true indeed and".split()
)
WH = set("what how who where when why which whose whats hows whos".split())
AUX = set(
    "do does did is are was were can could will would have has had should may might isn't aren't don't doesn't didn't won't wouldn't couldn't can't haven't hasn't am shall".split()
)
ACK = re.compile(
    r"^(?:(?:oh|ha|well|yeah|no|okay|and|hm+|ah|so|look|right)[,.!]? )*(?:i see|fair|that makes sense|makes sense|got it|i hear|i understand|understood|i get|that's fair|sure|of course|okay|right|ouch|oof|i'm sorry|sorry|i know|that's (?:a )?(?:good|great|rough|hard|tough|awful|terrible|fine|okay)|you're right|i bet|i'd|good|great|exactly|absolutely|noted|ah|gosh|wow|yikes|jesus|yeah|yes|no)\b"
)
CUES = {
    "label": r"\b(?:sounds?|seems?|looks?|feels?) like|\bit (?:sounds|seems|looks)|\bsounds (?:\w+ )?(?:rough|exhausting|hard|tough|awful|stressful|frustrating)|i'm (?:hearing|getting the|guessing|sensing)|i get the (?:sense|feeling)|that (?:sounds|must|has to) ",
    "summ": r"let me (?:say|read|play|see if|make sure|repeat|recap)|so (?:we|to) (?:recap|sum|confirm)|did i (?:miss|get)|to (?:recap|sum|confirm)|have i got|so far|what i(?:'ve| have)? (?:got|heard|hear)|you(?:'ve)? (?:said|told me|mentioned)|if i've got",
    "social": r"\b(?:other|another|customers?|clients?|families|shops?|people|folks|outfit|place|company|firm|school|hospital|clinic|neighbou?rs?|dentists?)\b.{0,40}\b(?:in|like you|near|down|over|same|use|using|went|did|told|switched|signed)\b|everybody|most (?:people|of our|folks)|we (?:did|work with|have|put|moved)|reference|(?:hundred|thousand|dozens?) of",
    "anchor": r"normally|usually|list price|retail|regular(?:ly)?|compared|versus|instead of|worth|would cost|elsewhere|full price|per day|a day|average|industry|typical",
    "tie": r"(?:right|okay|yeah|fair|correct|no|sense|wouldn't you|don't you|isn't it|doesn't it|aren't you|can't you|agree|with me|so far|close|does that|is that)\s*\?\s*$|does that (?:make|sound|sum|seem)|make sense|sound (?:fair|right|good|about)|you with me|is that (?:fair|right|close|about)",
    "assume": r"so i'll (?:put|book|get|send)|i'll (?:just|go ahead|put you|get you|book|send)|let's (?:get|go)|which (?:card|address|day|one)|when (?:we|you) (?:start|begin|sign)|card (?:number)?|spell",
    "urgent": r"today|tonight|end of the (?:month|week|day|quarter)|by friday|only (?:two|three|one|a few|got)|last (?:one|two|slot|chance|few)|slots?|left|expires?|runs out|goes up|going up|before (?:the|it|they)|deadline|this (?:week|month)|right now|while (?:it|they|i)|hold (?:it|that|the)|midnight|won't last|limited",
    "next": r"\b(?:monday|tuesday|wednesday|thursday|friday|saturday|sunday|tomorrow|next week|morning|afternoon|calendar|invite|link|email|e-mail|send|call you|ring you|book|schedule|pencil|meet|visit|come (?:out|by|over)|drop by|demo|trial|follow up|o'clock|half an hour|thirty minutes|twenty minutes)\b",
    "auth": r"who else|anyone else|anybody else|who(?:'s| is| would| decides| signs| has)|besides you|involved|sign off|signs|final say|decision|decide|your (?:wife|husband|boss|partner|board|owner)|weigh in|on your own|the say",
    "budget": r"budget|set aside|afford|spend|what (?:are|were) you (?:hoping|looking|thinking) to (?:pay|spend)|money for|how much (?:have|do|would|are)|number in mind|put toward",
    "payoff": r"what would (?:it|that)|how would (?:it|that)|would (?:that|it) (?:help|be worth|change|mean|do)|mean to you|do for you|if you (?:had|could|didn't)|if (?:that|it) (?:went|were|was|could)",
    "conseq": r"what happens|if (?:nothing|it|this|that|you) (?:changes|keeps|stays|goes|don't|doesn't|just)|a year from|cost(?:s|ing)? you|another (?:year|winter|season)|down the (?:road|line)|in (?:a|five|two|three|six) (?:years?|months?)|add(?:s)? up|what does (?:that|it) (?:do|cost)|when (?:it|that) (?:happens|goes|breaks)",
    "conn": r"what made you|what (?:brought|prompted|got|had) you|how did you (?:hear|find|come)|you (?:filled|downloaded|signed|wrote|called|reached|pulled|left)|caught your|reason (?:for|you|i)|what were you hoping|calling about|what's (?:behind|going)",
    "qual": r"how important|why now|scale of|one to ten|are you willing|would you be (?:willing|open|against)|how (?:serious|soon|urgent|ready|badly)|what'?s (?:changed|riding|the rush)|by when|priority|deadline|worth (?:it|fixing)|open to",
    "solu": r"have you (?:tried|looked|thought|talked|considered|ever)|what (?:have|did|else have) you (?:tried|looked|done)|in a perfect|ideal|magic|if you could|what would (?:good|it|that|you|have)|what(?:'s| has| has been) (?:stopped|kept|stopping|keeping)|what(?:'s| would) (?:you|that) (?:want|look|like)|wish",
    "prob": r"how(?:'s| is| are| has) (?:that|it|this|the)|what(?:'s| is) (?:the worst|wrong|broken|not|happening|causing|behind|the hardest|the part)|where does|what breaks|how often|which (?:part|of)|worst|bug|bother|trouble|problem|why (?:do|is|does)|affect",
    "clar": r"what do you mean|tell me (?:more|about)|how so|in what way|such as|like what|for example|say more|meaning|how come|which one|what kind|what sort|go on|how do you mean|what happened|who's|since when|how many|how long",
    "situ": r"how (?:do|many|long|are|big|old|often) (?:you|do|have|is|are|people|of)|who (?:handles|runs|does|takes)|walk me|right now|currently|today|at the moment|these days|what do you (?:use|have|do|run|drive|pay)|are you (?:using|with|on|still)",
    "trans": r"based on|you (?:told|said|mentioned)|because you|since you|given (?:what|that)|from what you|so (?:that's|this is) (?:where|why|exactly)|which is (?:why|where|exactly)|reason i",
    "pres": r"\bwe(?:'ve| have|'re|'d| do| can| offer| give| put| take| handle)?\b|\bour\b|so (?:that )?you|comes with|includ(?:es|ed|ing)|it (?:does|runs|works|sends|shows|keeps|lets|saves|tells|reads|checks)|a month|per|for (?:the|a) year|you (?:get|can|just)",
    "commit": r"do you (?:want|feel|think)|would (?:you|it|that|thursday|tuesday|monday)|shall (?:we|i)|can (?:i|we)|does .{0,20} work|how about|should (?:we|i)|are you (?:ready|okay|happy|comfortable)|want (?:me|to)|sign|start|go ahead|what would (?:the|a) next|let's|how does that (?:sound|feel)|ready",
    "o_price": r"price|cost|expensive|dear|cheap|money|afford|budget|dollars|bucks|hundred|thousand|grand|quid|euros?|pounds?|a month|fee|pay(?:ing)?",
    "o_need": r"don't need|no need|not (?:really )?(?:interested|looking)|we're (?:fine|good|happy|okay|all set)|works (?:fine|for)|never (?:had|needed)|what (?:would|do) i (?:need|want)|already have|don't (?:see|use|want)|get by|managed",
    "o_time": r"not (?:now|today|right now|a good time|yet)|think (?:about )?it|think it over|later|next (?:year|month|spring|quarter|season)|busy|call (?:me )?back|after (?:the|we|christmas)|sleep on|in the middle|dinner|too (?:soon|early)|wait",
    "o_auth": r"my (?:husband|wife|boss|partner|daughter|son|sister|brother|board|owner|mother|dad|accountant)|talk to|ask (?:my|him|her|them)|not (?:my|up to me)|have to (?:see|sign|approve|ask)|run it (?:by|past)|committee|board|corporate|head office|he'd|she'd|isn't mine|above me",
    "o_incumb": r"already (?:have|got|with|use|using)|we(?:'ve| have| use|'re with) |our (?:guy|man|current|own)|been with|happy with|contract|loyal|switch|years with|same (?:guy|people|company)",
    "o_trust": r"last (?:guy|fella|one|time|company|crowd|people)|burned|scam|how do i know|heard that|they all|you (?:people|guys|lot)|promised|told (?:me|us)|lie[ds]?|lying|catch|believe|prove|trust|who are you|how did you get|salesm[ae]n|pitch|trick|small print|fine print|sounds? too",
    "o_brush": r"send (?:me|it|us)|email me|not interested|take (?:me|us) off|don't call|leave it|no thanks?|no thank|i'm (?:good|fine|hanging)|goodbye|bye|hang(?:ing)? up|stop calling|got to go|gotta go|have to go|i'll (?:call|think|let)|put something|brochure|leaflet",
    "o_risk": r"what if|what happens (?:if|when)|worried|afraid|scared|nervous|lose|losing|break|goes wrong|wrong|blame|my (?:job|neck|name)|downtime|risk|mess|disaster|liab|fault|if (?:it|that|this|you|they)|stuck",
    "argue": r"but (?:you|that|it|we|i)|with respect|actually|that's not|no,|you're (?:wrong|missing)|honestly|trust me|everybody|come on|not true|that can't|i'm telling you|i don't think|to be fair|you'd be|really\?",
    "paraph": r"so (?:it's|you're|you|the|what you|that's|they|he|she|basically|if|there's)|in other words|what you're saying|you mean|meaning|you(?:'re| are) (?:saying|worried|telling)|basically|it's not (?:the|about|that)|which means",
    "ackn": r"\bi (?:see|hear|get|understand|know|appreciate|bet)\b|fair (?:enough|point|question)?|makes sense|got it|that's (?:fair|right|true|a good|reasonable)|of course|no worries|no problem|understood|thank(?:s| you)|sorry|good (?:question|point|to know)|you're right|i'd (?:feel|be|say) the same|don't blame",
    "qphrase": r"\b(?:what|how|who|where|when|why|which)(?:'s|'d|'re| is| are| do| does| did| would| have| has| was| were| many| much| long| often| else| about| kind| sort| happens| made)\b|\b(?:do|did|would|could|can|are|is|have|has|will|were|was|does) (?:you|that|it|there|he|she|they|we|i|anyone|your|the)\b",
    "negation": r"n't\b|\bnot\b|\bno\b|\bnever\b|\bnothing\b|\bnobody\b",
    "hedge": r"\bmaybe\b|\bi guess\b|\bmight\b|\bprobably\b|\bi don't know\b|\bsort of\b|\bkind of\b",
    "number": r"\b\d|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|fifteen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|hundred|thousand|grand|percent)\b",
    "you": r"\byou(?:r|rs|'re|'ve|'d|'ll)?\b",
    "i": r"\bi(?:'m|'ve|'d|'ll)?\b",
    "we": r"\b(?:we|our|us)(?:'ve|'re|'d|'ll)?\b",
}
CUE = {k: re.compile(v) for k, v in CUES.items()}


def lcs_run(a, b):
    best = 0
    for i in range(len(a)):
        for j in range(len(b)):
            k = 0
            while i + k < len(a) and j + k < len(b) and a[i + k] == b[j + k]:
                k += 1
            best = max(best, k)
    return best


def explicit(turns, i, SEG, D):
    t = turns[i]
    text = t["text"].replace("’", "'")
    low = text.lower()
    tk = toks(text)
    n = len(tk)
    N = len(turns)
    f = {}
    sp = t["speaker"]
    f["seller"] = sp == "seller"
    p = turns[i - 1] if i > 0 else None
    pt = p["text"].replace("’", "'") if p else ""
    ptk = toks(pt)
    other = p is not None and p["speaker"] != sp
    f["prev_other"] = other
    f["n1"] = math.log1p(n) / 3
    f["short3"] = n <= 3
    f["short5"] = n <= 5
    f["short8"] = n <= 8
    f["long40"] = n >= 40
    f["long25"] = n >= 25
    f["pos"] = i / max(1, N - 1)
    f["pos2"] = f["pos"] ** 2
    f["first"] = i == 0
    f["i1"] = i == 1
    f["i23"] = i in (2, 3)
    f["i45"] = i in (4, 5)
    f["fromend0"] = i == N - 1
    f["fromend12"] = N - 1 - i in (1, 2)
    f["fromend34"] = N - 1 - i in (3, 4)
    f["early"] = i < 8
    segs = SEG[i]
    q = text.count("?")
    f["q"] = q > 0
    f["q2"] = q > 1
    f["endq"] = text.rstrip('"”’ ').endswith("?")
    f["excl"] = "!" in text
    ls = toks(segs[-1])
    fs = toks(segs[0])
    f["last_wh"] = bool(ls) and (
        ls[0].split("'")[0] in WH
        or (
            len(ls) > 1
            and ls[0] in ("and", "so", "but", "okay", "or")
            and ls[1].split("'")[0] in WH
        )
    )
    f["last_aux"] = bool(ls) and (
        ls[0] in AUX
        or (len(ls) > 1 and ls[0] in ("and", "so", "but", "okay", "or") and ls[1] in AUX)
    )
    f["any_wh"] = any(w.split("'")[0] in WH for w in tk)
    f["lastlen"] = math.log1p(len(ls)) / 3
    f["nseg"] = math.log1p(len(segs))
    ps = pt.rstrip()
    f["prev_dash"] = bool(re.search(r'[—–-]["”]?$', ps))
    f["prev_ell"] = bool(re.search(r'(\.\.\.|…)["”]?$', ps))
    f["prev_nopunct"] = bool(ps) and not re.search(r'[.?!…—–-]["”]?$', ps)
    f["cur_dash"] = bool(re.search(r'[—–-]["”]?$', text.rstrip()))
    f["cur_ell"] = text.rstrip().endswith(("...", "…"))
    f["cur_startell"] = text.startswith(("...", "…", "—"))
    f["prev_q"] = pt.rstrip('"” ').endswith("?")
    f["prev_hasq"] = "?" in pt
    f["prev_n"] = math.log1p(len(ptk)) / 3
    f["prev_short"] = len(ptk) <= 4
    f["ends_funct"] = bool(ptk) and ptk[-1] in STOP and f["prev_nopunct"]
    asr = not re.search(r"[A-Z]", "".join(x["text"] for x in turns))
    f["asr"] = asr
    ct = content(tk)
    pc = content(ptk)
    sc = set(ct)
    spc = set(pc) if other else set()
    ov = sc & spc
    f["ov"] = min(4, len(ov)) / 2
    f["ov1"] = len(ov) >= 1
    f["ov2"] = len(ov) >= 2
    f["ov3"] = len(ov) >= 3
    f["ovf"] = len(ov) / max(1, len(sc))
    f["ovp"] = len(ov) / max(1, len(spc))
    fc = content(fs)
    ovf = set(fc) & spc
    f["fov"] = len(ovf) > 0
    f["fovf"] = len(ovf) / max(1, len(set(fc)))
    f["fshort_ov"] = len(fs) <= 6 and len(ovf) > 0
    f["fall"] = len(fs) <= 8 and len(fc) > 0 and set(fc) <= spc
    lastc = set(content(ptk[-8:])) if other else set()
    f["tail_ov"] = len(sc & lastc) > 0
    f["ftail_ov"] = len(set(fc) & lastc) > 0
    ptail = ptk[-8:] if other else []
    run = lcs_run(tk[:60], ptk[:120]) if other else 0
    frun = lcs_run(fs[:14], ptk[-14:]) if other else 0
    f["run2"] = run >= 2
    f["run3"] = run >= 3
    f["run4"] = run >= 4
    f["frun2"] = frun >= 2
    f["frun3"] = frun >= 3
    f["frunall"] = frun >= max(1, len(fs) - 1) and len(fs) > 0 and frun > 0
    f["mirror_seg"] = any(
        (lambda c: len(c) > 0 and len(s_) <= 9 and set(c) <= spc)(content(s_))
        for s_ in map(toks, segs)
    )
    rare = [w for w in ov if len(w) >= 5]
    f["ov_long"] = len(rare) > 0
    # overlap with earlier turns of the other
    oth = [x for x in turns[max(0, i - 6) : i] if x["speaker"] != sp]
    o2 = set(content(toks(" ".join(x["text"] for x in oth[:-1])))) if len(oth) > 1 else set()
    f["ov_old"] = min(4, len(sc & o2)) / 2
    f["ov_oldf"] = len(sc & o2) / max(1, len(sc))
    own = set(
        content(toks(" ".join(x["text"] for x in turns[max(0, i - 4) : i] if x["speaker"] == sp)))
    )
    f["ov_own"] = min(3, len(sc & own)) / 2
    allold = set(
        content(toks(" ".join(x["text"] for x in turns[: max(0, i - 1)] if x["speaker"] != sp)))
    )
    f["ov_all"] = min(6, len(sc & allold)) / 3
    f["ov_allf"] = len(sc & allold) / max(1, len(sc))
    f["ov_pre_self"] = len(ov - own) / 2
    f["back"] = n <= 5 and n > 0 and sum(w in BACK for w in tk) >= n / 2
    f["backall"] = n <= 6 and n > 0 and all(w in BACK for w in tk)
    f["backfrac"] = sum(w in BACK for w in tk) / max(1, n)
    f["empty"] = n == 0
    f["ackstart"] = bool(ACK.match(low))
    f["ackfirst3"] = sum(w in BACK for w in tk[:3]) / 3
    e = D[t["text"]]
    ep = D[pt0] if (pt0 := (p["text"] if p else None)) else None
    if ep is not None and other:
        f["cos"] = float(e @ ep)
        S = np.stack([D[s] for s in segs])
        R = np.stack([D[s] for s in SEG[i - 1]])
        M = S @ R.T
        f["cosmax"] = float(M.max())
        f["cosfirst"] = float(M[0].max())
        f["coslast"] = float(M[-1].max())
        f["coslastlast"] = float(M[-1, -1])
    else:
        f["cos"] = f["cosmax"] = f["cosfirst"] = f["coslast"] = f["coslastlast"] = 0.0
    if i > 1:
        f["cos2"] = float(e @ D[turns[i - 2]["text"]])
    else:
        f["cos2"] = 0.0
    hist = [D[x["text"]] for x in turns[: i - 1] if x["speaker"] != sp]
    f["coshist"] = float(max((e @ h for h in hist), default=0.0))
    f["coshistmean"] = float(e @ np.mean(hist, 0)) if hist else 0.0
    for k, r in CUE.items():
        m = r.findall(low)
        f["c_" + k] = len(m) > 0
        if k in ("you", "i", "we", "number", "negation", "qphrase", "next", "pres"):
            f["c2_" + k] = min(4, len(m)) / 2
    lastlow = segs[-1].lower().replace("’", "'")
    for k in (
        "qphrase",
        "commit",
        "conseq",
        "prob",
        "solu",
        "situ",
        "clar",
        "qual",
        "tie",
        "auth",
        "payoff",
        "conn",
        "next",
    ):
        f["l_" + k] = bool(CUE[k].search(lastlow))
    plow = pt.lower()
    for k in CUES:
        if k.startswith("o_") or k in ("negation", "number"):
            f["p_" + k] = bool(CUE[k].search(plow))
    f["commas"] = min(6, text.count(",")) / 3
    f["digits"] = bool(re.search(r"\d", text))
    f["money"] = bool(re.search(r"[$€£]|dollar|bucks|euro|pound|quid|grand", low))
    return {k: float(v) for k, v in f.items()}


def h(s):
    return zlib.crc32(s.encode())


def ngrams(tk, mx=2):
    w = ["<"] + tk + [">"]
    out = list(tk)
    for n in range(2, mx + 1):
        out += ["_".join(w[j : j + n]) for j in range(len(w) - n + 1)]
    return out


def chars(tk):
    o = []
    for w in tk:
        w = "^" + w + "$"
        for n in (3, 4, 5):
            o += [w[j : j + n] for j in range(len(w) - n + 1)]
    return o
