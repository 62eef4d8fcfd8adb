//! The mel filter bank that every whisper.cpp file carries.

/// Frequency bins of Whisper's 400-sample transform.
pub(super) const BINS: usize = 201;
const BIN_HZ: f64 = 40.0;
const NYQUIST_HZ: f64 = 8000.0;

/// Mels grow linearly up to 1 kHz, which is mel 15, and logarithmically above.
const LINEAR_HZ: f64 = 200.0 / 3.0;
const KNEE_MEL: f64 = 15.0;
const KNEE_HZ: f64 = 1000.0;

fn log_step() -> f64 {
    6.4_f64.ln() / 27.0
}

fn to_hz(mel: f64) -> f64 {
    if mel < KNEE_MEL { mel * LINEAR_HZ } else { KNEE_HZ * ((mel - KNEE_MEL) * log_step()).exp() }
}

/// `mels` × [`BINS`] Slaney-scale triangles of equal area, as librosa makes them
/// (which rounds to single precision before it scales: so do we).
pub(super) fn filters(mels: usize) -> Vec<f32> {
    let top = KNEE_MEL + (NYQUIST_HZ / KNEE_HZ).ln() / log_step();
    let step = top / (mels + 1) as f64;
    let mut edges: Vec<f64> = (0..mels + 2).map(|i| to_hz(i as f64 * step)).collect();
    edges[mels + 1] = to_hz(top);
    let mut bank = Vec::with_capacity(mels * BINS);
    for band in edges.windows(3) {
        let [low, mid, high] = [band[0], band[1], band[2]];
        let scale = 2.0 / (high - low);
        for bin in 0..BINS {
            let hz = bin as f64 * BIN_HZ;
            let rise = -(low - hz) / (mid - low);
            let fall = (high - hz) / (high - mid);
            let triangle = rise.min(fall).max(0.0) as f32;
            bank.push((f64::from(triangle) * scale) as f32);
        }
    }
    bank
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_band_has_the_same_area_and_they_ascend() {
        let bank = filters(80);
        let peaks: Vec<usize> = bank
            .chunks(BINS)
            .map(|band| (0..BINS).max_by(|a, b| band[*a].total_cmp(&band[*b])).unwrap())
            .collect();
        assert!(peaks.windows(2).all(|w| w[0] <= w[1]));
        for band in bank.chunks(BINS).skip(40) {
            let area: f64 = band.iter().map(|v| f64::from(*v) * BIN_HZ).sum();
            assert!((area - 1.0).abs() < 0.1, "{area}");
        }
    }
}
