/* {{summary}} */

#include "text.h"

/* Long names of the contract, short. */
typedef rehearsal_plugin_types_conversation_t call_t;
typedef rehearsal_plugin_types_annotation_t annotation_t;
typedef exports_rehearsal_plugin_extractor_api_list_annotation_t annotations_t;
typedef exports_rehearsal_plugin_extractor_api_description_t description_t;
typedef exports_rehearsal_plugin_extractor_api_annotation_kind_t kind_t;
typedef exports_rehearsal_plugin_extractor_api_list_conversation_t batch_t;
typedef exports_rehearsal_plugin_extractor_api_result_list_annotation_error_t row_t;
typedef exports_rehearsal_plugin_extractor_api_list_result_list_annotation_error_t rows_t;

/* Checked by the host against the table `config` in pipeline.toml, before anything runs. */
static const char SCHEMA[] =
    "{\"type\":\"object\",\"properties\":{\"mark\":{\"type\":\"string\",\"minLength\":1,"
    "\"default\":\"?\",\"description\":\"Ends a question\"}},\"additionalProperties\":false}";

/* A new id for every change of meaning: results of two definitions never mix. */
static const char DEFINITION[] = "{{name}}.mark@1";

void exports_rehearsal_plugin_extractor_api_describe(description_t *ret) {
  kind_t *kind = some(1, sizeof *kind);
  kind->name = text("{{name}}");
  kind->definition = text(DEFINITION);
  kind->meaning = text("A sentence that ends with the mark; the span is the sentence");
  *ret = (description_t){
      .identity = {text("{{name}}"), text("0.1.0"), text("{{summary}}"), text(SCHEMA)},
      .emits = {kind, 1},
  };
}

/* The mark that ends a question, into `mark`. */
static void mark_of(const char *config, char *mark, size_t size) {
  const char *value = setting(config, "mark");
  if (value == NULL) value = "\"?\"";
  size_t len = 0;
  for (value++; *value != '\0' && *value != '"' && len + 1 < size; value++) {
    if (*value == '\\') value++;
    mark[len++] = *value;
  }
  mark[len] = '\0';
}

static void add(annotations_t *found, size_t turn, size_t start, size_t end) {
  found->ptr = realloc(found->ptr, (found->len + 1) * sizeof *found->ptr);
  if (found->ptr == NULL) abort();
  found->ptr[found->len++] = (annotation_t){
      .scope = {.tag = REHEARSAL_PLUGIN_TYPES_SCOPE_SPAN, .val.span = {turn, {start, end}}},
      .name = text("{{name}}"),
      .definition = text(DEFINITION),
      .value = {.tag = REHEARSAL_PLUGIN_TYPES_VALUE_FLAG, .val.flag = true},
      .rule = text("mark"),
  };
}

/* An annotation a sentence of a turn that ends with the mark. Spans count bytes of the
 * call's text. */
static void questions(annotations_t *found, call_t *call, size_t turn, const char *mark) {
  rehearsal_plugin_types_span_t span = call->turns.ptr[turn].text;
  const uint8_t *said = call->text.ptr;
  size_t end = span.end, width = strlen(mark);
  size_t start = span.start, seen = span.start;
  for (size_t at = find(said, end, seen, mark); at < end; at = find(said, end, at + width, mark)) {
    /* What was looked at before is not looked at again: a turn may have a megabyte. */
    for (; seen < at; seen++)
      if (memchr(".!?\n", said[seen], 4) != NULL) start = seen + 1;
    while (start < at && said[start] == ' ') start++;
    if (start < at) add(found, turn, start, at + width);
  }
}

/* A row a call, in order. */
void exports_rehearsal_plugin_extractor_api_extract(batch_t *batch, rows_t *ret) {
  char mark[64];
  char *config = configuration();
  mark_of(config, mark, sizeof mark);
  free(config);
  *ret = (rows_t){some(batch->len, sizeof(row_t)), batch->len};
  for (size_t row = 0; row < batch->len; row++) {
    call_t *call = &batch->ptr[row];
    annotations_t *found = &ret->ptr[row].val.ok;
    for (size_t turn = 0; turn < call->turns.len; turn++) questions(found, call, turn, mark);
  }
  exports_rehearsal_plugin_extractor_api_list_conversation_free(batch);
}
