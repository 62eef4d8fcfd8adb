//! Whether a webhook comes from who it says. Pure functions: no clock, no network. Whoever
//! receives webhooks must also refuse old timestamps, or a message can be played again.

use data_encoding::{BASE64, HEXLOWER_PERMISSIVE};
use sha2::{Digest, Sha256};

/// Bytes of a block of SHA-256.
const BLOCK: usize = 64;

/// HMAC-SHA256 (RFC 2104).
fn mac(key: &[u8], message: &[&[u8]]) -> [u8; 32] {
    let mut block = [0; BLOCK];
    let short: &[u8] = if key.len() > BLOCK { &Sha256::digest(key) } else { key };
    block[..short.len()].copy_from_slice(short);
    let inner = Sha256::new_with_prefix(block.map(|byte| byte ^ 0x36));
    let inner = message.iter().fold(inner, |inner, part| inner.chain_update(part)).finalize();
    Sha256::new_with_prefix(block.map(|byte| byte ^ 0x5c)).chain_update(inner).finalize().into()
}

/// Compares without telling by the time it takes how much was right.
fn is_same(computed: &[u8; 32], given: &[u8]) -> bool {
    let differing = computed.iter().zip(given).fold(0, |sum, (a, b)| sum | (a ^ b));
    given.len() == computed.len() && differing == 0
}

/// Svix, as Fathom signs: `webhook-signature` holds one or more `v1,<base64>` apart by
/// spaces, over `id.timestamp.body`; the secret is `whsec_<base64>`.
#[must_use]
pub fn svix(secret: &str, id: &str, timestamp: &str, body: &[u8], signature: &str) -> bool {
    let key = secret.strip_prefix("whsec_").unwrap_or(secret);
    let Ok(key) = BASE64.decode(key.as_bytes()) else { return false };
    let parts = [id.as_bytes(), b".", timestamp.as_bytes(), b".", body];
    let computed = mac(&key, &parts);
    signature
        .split_whitespace()
        .filter_map(|one| one.strip_prefix("v1,"))
        .filter_map(|one| BASE64.decode(one.as_bytes()).ok())
        .any(|one| is_same(&computed, &one))
}

/// `X-Hub-Signature: sha256=<hex>` over the raw body, as Fireflies signs.
#[must_use]
pub fn x_hub(secret: &str, body: &[u8], signature: &str) -> bool {
    let given = signature.trim().strip_prefix("sha256=").map(str::as_bytes);
    let given = given.and_then(|hex| HEXLOWER_PERMISSIVE.decode(hex).ok());
    given.is_some_and(|given| is_same(&mac(secret.as_bytes(), &[body]), &given))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn svix_knows_its_own_published_example() {
        let check = |body: &[u8], signature: &str| {
            svix(
                "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
                "msg_p5jXN8AQM9LWM0D4loKWxJek",
                "1614265330",
                body,
                signature,
            )
        };
        let good = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
        assert!(check(br#"{"test": 2432232314}"#, good));
        assert!(check(br#"{"test": 2432232314}"#, &format!("v1,AAAA v2,x {good}")));
        assert!(!check(br#"{"test": 2432232315}"#, good));
        for bad in ["", "v1,", "v2,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=", "v1,####"] {
            assert!(!check(br#"{"test": 2432232314}"#, bad), "{bad}");
        }
    }

    #[test]
    fn x_hub_knows_rfc_4231() {
        // Test case 2 of RFC 4231.
        let good = "sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
        assert!(x_hub("Jefe", b"what do ya want for nothing?", good));
        assert!(!x_hub("Jefe", b"what do you want for nothing?", good));
        assert!(!x_hub("Jefe", b"what do ya want for nothing?", &good[7..]));
    }
}
