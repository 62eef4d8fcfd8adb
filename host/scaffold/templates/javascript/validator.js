// {{summary}}

import { get } from 'rehearsal:plugin/config@0.1.0';

const SCHEMA = {
  type: 'object',
  properties: {
    minimum_turns: { type: 'integer', minimum: 0, default: 2, description: 'Shorter calls are rejected' },
  },
  additionalProperties: false,
};

export const validatorApi = {
  describe() {
    return {
      identity: {
        name: '{{name}}',
        version: '0.1.0',
        summary: '{{summary}}',
        configSchema: JSON.stringify(SCHEMA),
      },
      inspects: 'conversations',
      checks: [['too_short', 'Fewer turns than `minimum_turns`']],
    };
  },

  inspect(batch) {
    const minimum = JSON.parse(get()).minimum_turns ?? 2;
    const verdicts = batch.map(({ val }) => verdict(val.conversation.turns.length, minimum));
    const rejected = verdicts.filter(({ tag }) => tag === 'reject').length;
    return { verdicts, partial: write({ calls: verdicts.length, rejected }) };
  },

  merge(partials) {
    const sum = { calls: 0, rejected: 0 };
    for (const { calls, rejected } of partials.map(read)) {
      sum.calls += calls;
      sum.rejected += rejected;
    }
    return write(sum);
  },

  conclude(partial) {
    const { calls, rejected } = read(partial);
    return {
      summary: `${rejected} of ${calls} calls are too short`,
      metrics: [
        { name: 'calls', value: calls, unit: 'count' },
        { name: 'too_short', value: rejected, unit: 'count' },
      ],
      details: '{}',
    };
  },
};

function verdict(turns, minimum) {
  if (turns >= minimum) return { tag: 'accept' };
  return { tag: 'reject', val: { check: 'too_short', reason: `${turns} turns, at least ${minimum}` } };
}

// What the report needs of a batch: two numbers. Sums merge in any order and grouping.
function write({ calls, rejected }) {
  const bytes = new Uint8Array(16);
  const view = new DataView(bytes.buffer);
  view.setFloat64(0, calls);
  view.setFloat64(8, rejected);
  return bytes;
}

function read(partial) {
  const view = new DataView(partial.buffer, partial.byteOffset, partial.byteLength);
  return { calls: view.getFloat64(0), rejected: view.getFloat64(8) };
}
