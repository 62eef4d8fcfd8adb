/* {{summary}} */

#include "text.h"

/* Long names of the contract, short. */
typedef rehearsal_plugin_types_conversation_t call_t;
typedef rehearsal_plugin_examples_example_t example_t;
typedef exports_rehearsal_plugin_path_builder_api_list_example_t examples_t;
typedef exports_rehearsal_plugin_path_builder_api_description_t description_t;
typedef exports_rehearsal_plugin_path_builder_api_list_annotated_t batch_t;
typedef exports_rehearsal_plugin_path_builder_api_result_list_example_error_t row_t;
typedef exports_rehearsal_plugin_path_builder_api_list_result_list_example_error_t rows_t;

static const char SCHEMA[] =
    "{\"type\":\"object\",\"properties\":{\"minimum_words\":{\"type\":\"integer\",\"minimum\":1,"
    "\"default\":3,\"description\":\"Shorter turns are left out\"}},\"additionalProperties\":false}";

static plugin_list_string_t one(plugin_string_t text) {
  plugin_list_string_t list = {some(1, sizeof text), 1};
  list.ptr[0] = text;
  return list;
}

void exports_rehearsal_plugin_path_builder_api_describe(description_t *ret) {
  *ret = (description_t){
      .identity = {text("{{name}}"), text("0.1.0"), text("{{summary}}"), text(SCHEMA)},
      /* Names of the annotations that it wants to see; others are not passed. */
      .reads = {NULL, 0},
      .families = one(text("classification")),
  };
}

static size_t words(const uint8_t *said, size_t len) {
  size_t count = 0;
  bool within = false;
  for (size_t at = 0; at < len; at++) {
    bool blank = memchr(" \t\n\r", said[at], 4) != NULL;
    count += !blank && !within;
    within = !blank;
  }
  return count;
}

static const char *side(rehearsal_plugin_types_role_t role) {
  if (role == REHEARSAL_PLUGIN_TYPES_ROLE_SELLER) return "seller";
  if (role == REHEARSAL_PLUGIN_TYPES_ROLE_PROSPECT) return "prospect";
  return NULL;
}

/* Each turn of somebody whose side is known: the text, and the side as its label. */
static void build(examples_t *made, call_t *call, size_t minimum) {
  made->ptr = some(call->turns.len, sizeof(example_t));
  for (size_t index = 0; index < call->turns.len; index++) {
    rehearsal_plugin_types_turn_t *turn = &call->turns.ptr[index];
    rehearsal_plugin_types_participant_t *speaker = &call->participants.ptr[turn->participant];
    const uint8_t *said = call->text.ptr + turn->text.start;
    size_t len = turn->text.end - turn->text.start;
    const char *label = side(speaker->role);
    if (label == NULL || words(said, len) < minimum) continue;
    uint32_t *turns = some(1, sizeof *turns);
    *turns = index;
    made->ptr[made->len++] = (example_t){
        .key = format("turn.%zu", index),
        .family = text("classification"),
        .body = {.tag = REHEARSAL_PLUGIN_EXAMPLES_BODY_LABELLED_TEXT,
                 .val.labelled_text = {part(said, len), text(label), text("side")}},
        .turns = {turns, 1},
        .because = one(format("the speaker's side is known by %.*s",
                              (int)speaker->role_evidence.len, speaker->role_evidence.ptr)),
    };
  }
}

/* A row a call, in order. */
void exports_rehearsal_plugin_path_builder_api_build(batch_t *batch, rows_t *ret) {
  char *config = configuration();
  const char *value = setting(config, "minimum_words");
  size_t minimum = value == NULL ? 3 : strtoul(value, NULL, 10);
  free(config);
  *ret = (rows_t){some(batch->len, sizeof(row_t)), batch->len};
  for (size_t row = 0; row < batch->len; row++)
    build(&ret->ptr[row].val.ok, &batch->ptr[row].conversation, minimum);
  exports_rehearsal_plugin_path_builder_api_list_annotated_free(batch);
}
