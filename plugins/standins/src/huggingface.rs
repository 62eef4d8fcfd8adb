//! The data sets server of HuggingFace: `/splits`, `/size`, `/rows`, `/parquet`.

use std::collections::HashMap;
use std::sync::Arc;

use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Map, Value, json};

/// One data set with the split `default`/`train`, and others if they are added.
#[derive(Debug, Clone)]
pub struct DataSet(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    name: String,
    splits: Vec<(String, Vec<Row>)>,
}

/// A row's columns.
pub type Row = Map<String, Value>;

/// Most rows of one answer.
const PAGE: usize = 100;

impl DataSet {
    /// Under this name, with these rows.
    #[must_use]
    pub fn new(name: &str, rows: Vec<Row>) -> Self {
        Self(Arc::new(Inner { name: name.to_owned(), splits: vec![("train".to_owned(), rows)] }))
    }

    /// With another split.
    #[must_use]
    pub fn with_split(self, split: &str, rows: Vec<Row>) -> Self {
        let Inner { name, splits } = &*self.0;
        let splits = splits.iter().cloned().chain([(split.to_owned(), rows)]).collect();
        Self(Arc::new(Inner { name: name.clone(), splits }))
    }

    /// The API.
    pub fn router(&self) -> Router {
        Router::new()
            .route("/splits", get(splits))
            .route("/size", get(size))
            .route("/rows", get(rows))
            .route("/parquet", get(parquet))
            .with_state(self.clone())
    }

    fn refusal(&self, query: &HashMap<String, String>) -> Option<Response> {
        match query.get("dataset") {
            Some(name) if *name == self.0.name => None,
            Some(_) => Some(refuse(
                StatusCode::NOT_FOUND,
                "The dataset does not exist, or is not accessible without authentication",
            )),
            None => {
                Some(refuse(StatusCode::UNPROCESSABLE_ENTITY, "Parameter 'dataset' is required"))
            }
        }
    }
}

fn refuse(status: StatusCode, error: &str) -> Response {
    (status, Json(json!({ "error": error }))).into_response()
}

type Asked = Query<HashMap<String, String>>;

async fn splits(State(set): State<DataSet>, Query(query): Asked) -> Response {
    if let Some(refused) = set.refusal(&query) {
        return refused;
    }
    let split = |name: &str| json!({ "dataset": set.0.name, "config": "default", "split": name });
    let splits: Vec<Value> = set.0.splits.iter().map(|(name, _)| split(name)).collect();
    Json(json!({ "splits": splits, "pending": [], "failed": [] })).into_response()
}

async fn size(State(set): State<DataSet>, Query(query): Asked) -> Response {
    if let Some(refused) = set.refusal(&query) {
        return refused;
    }
    let bytes = |rows: &[Row]| rows.iter().map(|row| json!(row).to_string().len()).sum::<usize>();
    let splits: Vec<Value> = set
        .0
        .splits
        .iter()
        .map(|(name, rows)| {
            json!({
                "dataset": set.0.name, "config": "default", "split": name, "num_rows": rows.len(),
                "num_bytes_memory": bytes(rows),
            })
        })
        .collect();
    let all = |count: fn(&Row) -> usize| {
        set.0.splits.iter().flat_map(|(_, rows)| rows).map(count).sum::<usize>()
    };
    let size = json!({
        "dataset": {
            "dataset": set.0.name, "num_rows": all(|_| 1),
            "num_bytes_memory": all(|row| json!(row).to_string().len()),
        },
        "splits": splits,
    });
    Json(json!({ "size": size, "pending": [], "failed": [], "partial": false })).into_response()
}

async fn parquet(State(set): State<DataSet>, Query(query): Asked) -> Response {
    if let Some(refused) = set.refusal(&query) {
        return refused;
    }
    Json(json!({ "parquet_files": [], "pending": [], "failed": [], "partial": false }))
        .into_response()
}

async fn rows(State(set): State<DataSet>, Query(query): Asked) -> Response {
    if let Some(refused) = set.refusal(&query) {
        return refused;
    }
    let is = |name: &str, wanted: &str| query.get(name).is_some_and(|given| given == wanted);
    let split = set.0.splits.iter().find(|(name, _)| is("split", name));
    let Some((_, rows)) = split.filter(|_| is("config", "default")) else {
        return refuse(StatusCode::NOT_FOUND, "The split does not exist");
    };
    let number = |name: &str, default| match query.get(name) {
        None => Some(default),
        Some(text) => text.parse::<usize>().ok(),
    };
    let (Some(offset), Some(length)) = (number("offset", 0), number("length", PAGE)) else {
        return refuse(StatusCode::UNPROCESSABLE_ENTITY, "Parameters must be integers");
    };
    if length > PAGE {
        let error = "Parameter 'length' must not be greater than 100";
        return refuse(StatusCode::UNPROCESSABLE_ENTITY, error);
    }
    let names = rows.first().into_iter().flat_map(Map::keys).enumerate();
    let features: Vec<Value> = names
        .map(|(index, name)| {
            let kind = json!({ "dtype": "string", "_type": "Value" });
            json!({ "feature_idx": index, "name": name, "type": kind })
        })
        .collect();
    let page = rows.iter().enumerate().skip(offset).take(length);
    let page: Vec<Value> = page
        .map(|(index, row)| json!({ "row_idx": index, "row": row, "truncated_cells": [] }))
        .collect();
    Json(json!({
        "features": features, "rows": page, "num_rows_total": rows.len(),
        "num_rows_per_page": PAGE, "partial": false,
    }))
    .into_response()
}
