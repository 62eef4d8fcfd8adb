//! Sparse rows and their transpose.

use rayon::prelude::*;

/// Rows of column numbers and values, one after the other.
#[derive(Debug)]
pub(crate) struct Matrix {
    starts: Vec<usize>,
    cells: Vec<(u32, f32)>,
}

impl Matrix {
    pub(crate) fn of(rows: impl Iterator<Item = Vec<(u32, f32)>>) -> Self {
        let mut matrix = Self { starts: vec![0], cells: Vec::new() };
        for row in rows {
            matrix.cells.extend(row);
            matrix.starts.push(matrix.cells.len());
        }
        matrix
    }

    pub(crate) const fn rows(&self) -> usize {
        self.starts.len() - 1
    }

    pub(crate) fn row(&self, at: usize) -> &[(u32, f32)] {
        &self.cells[self.starts[at]..self.starts[at + 1]]
    }

    /// A row a column, with the numbers of rows in ascending order.
    pub(crate) fn transposed(&self, columns: usize) -> Self {
        let mut starts = vec![0; columns + 1];
        for (column, _) in &self.cells {
            starts[*column as usize + 1] += 1;
        }
        for at in 0..columns {
            starts[at + 1] += starts[at];
        }
        let mut next = starts.clone();
        let mut cells = vec![(0, 0.0); self.cells.len()];
        for row in 0..self.rows() {
            for (column, value) in self.row(row) {
                let at = &mut next[*column as usize];
                cells[*at] = (row as u32, *value);
                *at += 1;
            }
        }
        Self { starts, cells }
    }

    /// `self · right`, where `right` has `classes` values a column: as many a row, each
    /// row summed by one thread in order.
    pub(crate) fn times(&self, right: &[f32], classes: usize, out: &mut [f32]) {
        out.par_chunks_mut(classes).enumerate().with_min_len(256).for_each(|(row, out)| {
            out.fill(0.0);
            for (column, value) in self.row(row) {
                let start = *column as usize * classes;
                let weights = &right[start..start + classes];
                out.iter_mut().zip(weights).for_each(|(out, weight)| *out += value * weight);
            }
        });
    }
}
