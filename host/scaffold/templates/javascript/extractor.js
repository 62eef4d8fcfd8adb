// {{summary}}

import { get } from 'rehearsal:plugin/config@0.1.0';
import { toBytes } from './utf8.js';

// Checked by the host against the table `config` in pipeline.toml, before anything runs.
const SCHEMA = {
  type: 'object',
  properties: { mark: { type: 'string', minLength: 1, default: '?', description: 'Ends a question' } },
  additionalProperties: false,
};

// A new id for every change of meaning: results of two definitions never mix.
const DEFINITION = '{{name}}.mark@1';

export const extractorApi = {
  describe() {
    return {
      identity: {
        name: '{{name}}',
        version: '0.1.0',
        summary: '{{summary}}',
        configSchema: JSON.stringify(SCHEMA),
      },
      needs: {},
      emits: [{
        name: '{{name}}',
        definition: DEFINITION,
        meaning: 'A sentence that ends with the mark; the span is the sentence',
        labels: [],
      }],
    };
  },

  extract(batch) {
    const mark = toBytes(JSON.parse(get()).mark ?? '?');
    return batch.map((call) => ({ tag: 'ok', val: annotate(call, mark) }));
  },
};

// An annotation a question. Spans count bytes of the call's text, so bytes are searched.
function annotate(call, mark) {
  const text = toBytes(call.text);
  return call.turns.flatMap((turn, index) => {
    const origin = turn.text.start;
    return questions(text.slice(origin, turn.text.end), mark).map(([start, end]) => ({
      scope: { tag: 'span', val: [index, { start: origin + start, end: origin + end }] },
      name: '{{name}}',
      definition: DEFINITION,
      value: { tag: 'flag', val: true },
      rule: 'mark',
      relatedTurns: [],
    }));
  });
}

// Sentences of a byte string that end with `mark`, as ranges.
function questions(text, mark) {
  const found = [];
  let start = 0;
  let seen = 0;
  for (let at = text.indexOf(mark); at >= 0; at = text.indexOf(mark, at + mark.length)) {
    // What was looked at before is not looked at again: a turn may have a megabyte.
    for (; seen < at; seen += 1) if ('.!?\n'.includes(text[seen])) start = seen + 1;
    while (text[start] === ' ') start += 1;
    if (start < at) found.push([start, at + mark.length]);
  }
  return found;
}
