// {{summary}}

import { get } from 'rehearsal:plugin/config@0.1.0';
import { fromBytes, toBytes } from './utf8.js';

const SCHEMA = {
  type: 'object',
  properties: {
    minimum_words: { type: 'integer', minimum: 1, default: 3, description: 'Shorter turns are left out' },
  },
  additionalProperties: false,
};

export const pathBuilderApi = {
  describe() {
    return {
      identity: {
        name: '{{name}}',
        version: '0.1.0',
        summary: '{{summary}}',
        configSchema: JSON.stringify(SCHEMA),
      },
      // Names of the annotations that it wants to see; others are not passed.
      reads: [],
      families: ['classification'],
    };
  },

  build(batch) {
    const minimum = JSON.parse(get()).minimum_words ?? 3;
    return batch.map(({ conversation }) => ({ tag: 'ok', val: examples(conversation, minimum) }));
  },
};

// Each turn of somebody whose side is known: the text, and the side as its label.
function examples(call, minimum) {
  const bytes = toBytes(call.text);
  return call.turns.flatMap((turn, index) => {
    const text = fromBytes(bytes.slice(turn.text.start, turn.text.end));
    const { role, roleEvidence } = call.participants[turn.participant];
    const words = text.split(/\s+/).filter(Boolean).length;
    if (!['seller', 'prospect'].includes(role) || words < minimum) return [];
    return [{
      key: `turn.${index}`,
      family: 'classification',
      body: { tag: 'labelled-text', val: { text, label: role, task: 'side' } },
      turns: Uint32Array.of(index),
      because: [`the speaker's side is known by ${roleEvidence}`],
      tags: [],
    }];
  });
}
