// Spans of the contract are bytes of UTF-8, while JavaScript counts UTF-16 units.
// A "byte string" has one character a byte, so its offsets are the contract's.

export const toBytes = (text) => unescape(encodeURIComponent(text));
export const fromBytes = (bytes) => decodeURIComponent(escape(bytes));

// A byte string of a list of bytes.
export function byteString(list) {
  let text = '';
  for (let at = 0; at < list.length; at += 8192) {
    text += String.fromCharCode(...list.subarray(at, at + 8192));
  }
  return text;
}
