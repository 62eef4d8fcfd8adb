// {{summary}}

import { list as listFiles, open } from 'rehearsal:plugin/files@0.1.0';
import { byteString, fromBytes, toBytes } from './utf8.js';

const SCHEMA = { type: 'object', additionalProperties: false };

// Names a page. The host keeps the cursor, so a listing that was cut off goes on there.
const PAGE = 500;
// Bytes a read; the host allows 16 MiB.
const READ = 1 << 20;

export const loaderApi = {
  describe() {
    return {
      identity: {
        name: '{{name}}',
        version: '0.1.0',
        summary: '{{summary}}',
        configSchema: JSON.stringify(SCHEMA),
      },
    };
  },

  // An entry a granted file; its fingerprint tells the host whether to load it again.
  list(cursor) {
    const files = listFiles(cursor, PAGE);
    return {
      entries: files.map(({ name, fingerprint }) => ({ key: name, fingerprint })),
      next: files.length === PAGE ? files[PAGE - 1].name : undefined,
    };
  },

  // A file is one call. Larger sources give `next` and go on there.
  load(key, offset) {
    const conversation = conversationOf(decoded(key, read(key)));
    return {
      items: [{ tag: 'ok', val: { key: '', body: { tag: 'conversation', val: conversation } } }],
      next: undefined,
    };
  },
};

function decoded(key, bytes) {
  try {
    return fromBytes(bytes);
  } catch {
    throw { tag: 'invalid-input', val: `${key} is not UTF-8` };
  }
}

function read(name) {
  const blob = open(name);
  let bytes = '';
  while (bytes.length < blob.len()) {
    const part = byteString(blob.read(bytes.length, READ));
    if (part === '') break;
    bytes += part;
  }
  return bytes;
}

// `Name: what they say`, a turn a line; a line without a name continues the turn before.
function turnsOf(text) {
  const turns = [];
  for (const line of text.split('\n').map((line) => line.trim()).filter(Boolean)) {
    const [, name, said] = /^([^:]*):\s*(.+)$/.exec(line) ?? [];
    if (said) turns.push({ name: name.trim(), said });
    else if (turns.length > 0) turns[turns.length - 1].said += ` ${line}`;
    else turns.push({ name: '', said: line });
  }
  return turns;
}

function conversationOf(source) {
  const names = [];
  const turns = [];
  let text = '';
  let bytes = 0;
  for (const { name, said } of turnsOf(source)) {
    if (!names.includes(name)) names.push(name);
    if (text !== '') { text += '\n'; bytes += 1; }
    const start = bytes;
    text += said;
    bytes += toBytes(said).length;
    turns.push({ participant: names.indexOf(name), text: { start, end: bytes } });
  }
  return {
    id: '',
    text,
    // A role is never a guess: the host has better means to find out.
    participants: names.map((name) => ({
      name: name || undefined, role: 'unknown', roleConfidence: 0, roleEvidence: '',
    })),
    turns,
    words: [],
    timing: 'none',
    audioChannels: 0,
    metadata: [],
  };
}
