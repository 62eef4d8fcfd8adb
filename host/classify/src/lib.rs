//! Classifiers of what is said in calls.
//!
//! ```text
//! text, annotations, embedding ─► hashed columns ─► linear scores ─► temperature ─► probabilities
//!                                 (tf–idf, length 1)  (L-BFGS)        (held-out calls)
//! ```
//!
//! Logistic regression over word and letter n-grams is what short utterances and few
//! labels support; it trains on 50,000 of them in seconds and says why. The optimiser is
//! argmin's L-BFGS. The loss is written here because the crates that offer logistic
//! regression whole either take dense matrices only (linfa, smartcore; 50,000 examples by
//! 100,000 columns are 20 GB) or bind C++ that ignores examples' weights (liblinear).
//!
//! The same examples give the same bytes, on any number of cores: sums are taken a row
//! or a column at a time, in order.

mod calibrate;
mod classifier;
mod confident;
mod features;
mod fit;
mod matrix;
mod measure;

pub use classifier::{Classifier, ClassifyError, Example, Settings, out_of_sample};
pub use confident::{Suspicion, suspicious};
pub use features::Input;
pub use measure::{ClassMeasure, Judged, Measures, compare, decided, macro_f1};
