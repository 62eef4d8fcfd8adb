/* {{summary}} */

#include "text.h"

/* Long names of the contract, short. */
typedef exports_rehearsal_plugin_validator_api_description_t description_t;
typedef exports_rehearsal_plugin_validator_api_list_subject_t batch_t;
typedef exports_rehearsal_plugin_validator_api_verdict_t verdict_t;
typedef exports_rehearsal_plugin_validator_api_inspection_t inspection_t;
typedef exports_rehearsal_plugin_validator_api_metric_t metric_t;
typedef exports_rehearsal_plugin_validator_api_report_t report_t;
typedef exports_rehearsal_plugin_validator_api_error_t error_t;

static const char SCHEMA[] =
    "{\"type\":\"object\",\"properties\":{\"minimum_turns\":{\"type\":\"integer\",\"minimum\":0,"
    "\"default\":2,\"description\":\"Shorter calls are rejected\"}},\"additionalProperties\":false}";

/* What the report needs of a batch. Sums merge in any order and grouping. */
typedef struct {
  uint64_t calls;
  uint64_t rejected;
} partial_t;

static plugin_list_u8_t write(partial_t partial) {
  plugin_list_u8_t bytes = {some(1, sizeof partial), sizeof partial};
  memcpy(bytes.ptr, &partial, sizeof partial);
  return bytes;
}

/* A function that answers a `result` returns true for a result and false for an error. */
static bool refuse(error_t *err, const char *why) {
  err->tag = REHEARSAL_PLUGIN_TYPES_ERROR_INVALID_INPUT;
  err->val.invalid_input = text(why);
  return false;
}

static bool read(plugin_list_u8_t *bytes, partial_t *partial, error_t *err) {
  if (bytes->len != sizeof *partial) return refuse(err, "a partial is 16 bytes");
  memcpy(partial, bytes->ptr, sizeof *partial);
  return true;
}

void exports_rehearsal_plugin_validator_api_describe(description_t *ret) {
  plugin_tuple2_string_string_t *check = some(1, sizeof *check);
  *check = (plugin_tuple2_string_string_t){text("too_short"), text("Fewer turns than `minimum_turns`")};
  *ret = (description_t){
      .identity = {text("{{name}}"), text("0.1.0"), text("{{summary}}"), text(SCHEMA)},
      .inspects = EXPORTS_REHEARSAL_PLUGIN_VALIDATOR_API_SUBJECT_KIND_CONVERSATIONS,
      .checks = {check, 1},
  };
}

bool exports_rehearsal_plugin_validator_api_inspect(batch_t *batch, inspection_t *ret, error_t *err) {
  char *config = configuration();
  const char *value = setting(config, "minimum_turns");
  size_t minimum = value == NULL ? 2 : strtoul(value, NULL, 10);
  free(config);
  verdict_t *verdicts = some(batch->len, sizeof *verdicts);
  partial_t seen = {batch->len, 0};
  for (size_t row = 0; row < batch->len; row++) {
    if (batch->ptr[row].tag != EXPORTS_REHEARSAL_PLUGIN_VALIDATOR_API_SUBJECT_CONVERSATION)
      return refuse(err, "this validator inspects calls");
    size_t turns = batch->ptr[row].val.conversation.conversation.turns.len;
    if (turns >= minimum) continue; /* zeroes are `accept` */
    seen.rejected++;
    verdicts[row].tag = EXPORTS_REHEARSAL_PLUGIN_VALIDATOR_API_VERDICT_REJECT;
    verdicts[row].val.reject.check = text("too_short");
    verdicts[row].val.reject.reason = format("%zu turns, at least %zu", turns, minimum);
  }
  *ret = (inspection_t){{verdicts, batch->len}, write(seen)};
  exports_rehearsal_plugin_validator_api_list_subject_free(batch);
  return true;
}

bool exports_rehearsal_plugin_validator_api_merge(plugin_list_list_u8_t *partials,
                                                  plugin_list_u8_t *ret, error_t *err) {
  partial_t sum = {0, 0};
  for (size_t row = 0; row < partials->len; row++) {
    partial_t partial;
    if (!read(&partials->ptr[row], &partial, err)) return false;
    sum.calls += partial.calls;
    sum.rejected += partial.rejected;
  }
  *ret = write(sum);
  plugin_list_list_u8_free(partials);
  return true;
}

bool exports_rehearsal_plugin_validator_api_conclude(plugin_list_u8_t *bytes, report_t *ret,
                                                     error_t *err) {
  partial_t all;
  if (!read(bytes, &all, err)) return false;
  metric_t *metrics = some(2, sizeof *metrics);
  metrics[0] = (metric_t){text("calls"), (double)all.calls, text("count")};
  metrics[1] = (metric_t){text("too_short"), (double)all.rejected, text("count")};
  *ret = (report_t){
      .summary = format("%llu of %llu calls are too short", (unsigned long long)all.rejected,
                        (unsigned long long)all.calls),
      .metrics = {metrics, 2},
      .details = text("{}"),
  };
  plugin_list_u8_free(bytes);
  return true;
}
