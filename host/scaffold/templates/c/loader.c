/* {{summary}} */

#include "text.h"

/* Long names of the contract, short. */
typedef rehearsal_plugin_types_conversation_t call_t;
typedef rehearsal_plugin_types_participant_t participant_t;
typedef rehearsal_plugin_types_turn_t turn_t;
typedef rehearsal_plugin_files_list_file_t files_t;
typedef exports_rehearsal_plugin_loader_api_description_t description_t;
typedef exports_rehearsal_plugin_loader_api_entry_t entry_t;
typedef exports_rehearsal_plugin_loader_api_page_t page_t;
typedef exports_rehearsal_plugin_loader_api_result_item_failed_item_t row_t;
typedef exports_rehearsal_plugin_loader_api_chunk_t chunk_t;
typedef exports_rehearsal_plugin_loader_api_error_t error_t;

/* Names a page. The host keeps the cursor, so a listing that was cut off goes on there. */
#define PAGE 500
/* Bytes a read; the host allows 16 MiB. */
#define READ (1 << 20)

void exports_rehearsal_plugin_loader_api_describe(description_t *ret) {
  const char *schema = "{\"type\":\"object\",\"additionalProperties\":false}";
  *ret = (description_t){{text("{{name}}"), text("0.1.0"), text("{{summary}}"), text(schema)}};
}

/* An entry a granted file; its fingerprint tells the host whether to load it again. A
 * function that answers a `result` returns true for a result and false for an error. */
bool exports_rehearsal_plugin_loader_api_list(plugin_string_t *maybe_cursor, page_t *ret,
                                              error_t *err) {
  files_t files;
  if (!rehearsal_plugin_files_list(maybe_cursor, PAGE, &files, err)) return false;
  entry_t *entries = some(files.len, sizeof *entries);
  for (size_t row = 0; row < files.len; row++) {
    entries[row].key = part(files.ptr[row].name.ptr, files.ptr[row].name.len);
    entries[row].fingerprint =
        part(files.ptr[row].fingerprint.ptr, files.ptr[row].fingerprint.len);
  }
  *ret = (page_t){.entries = {entries, files.len}};
  if (files.len == PAGE) {
    plugin_string_t last = files.ptr[PAGE - 1].name;
    ret->next = (plugin_option_string_t){true, part(last.ptr, last.len)};
  }
  rehearsal_plugin_files_list_file_free(&files);
  return true;
}

/* All bytes of a file. */
static bool read(plugin_string_t *name, plugin_list_u8_t *ret, error_t *err) {
  rehearsal_plugin_files_own_blob_t own;
  if (!rehearsal_plugin_files_open(name, &own, err)) return false;
  rehearsal_plugin_blobs_borrow_blob_t blob = rehearsal_plugin_blobs_borrow_blob(own);
  uint64_t len = rehearsal_plugin_blobs_method_blob_len(blob);
  *ret = (plugin_list_u8_t){some(len, 1), 0};
  bool good = true;
  while (good && ret->len < len) {
    plugin_list_u8_t piece;
    good = rehearsal_plugin_blobs_method_blob_read(blob, ret->len, READ, &piece, err);
    if (!good || piece.len == 0) break;
    memcpy(ret->ptr + ret->len, piece.ptr, piece.len);
    ret->len += piece.len;
    plugin_list_u8_free(&piece);
  }
  rehearsal_plugin_blobs_blob_drop_own(own);
  return good;
}

/* Some bytes of the file, without blanks around them. */
typedef struct {
  const uint8_t *ptr;
  size_t len;
} slice_t;

static slice_t trim(const uint8_t *ptr, size_t len) {
  while (len > 0 && memchr(" \t\r", *ptr, 3) != NULL) ptr++, len--;
  while (len > 0 && memchr(" \t\r", ptr[len - 1], 3) != NULL) len--;
  return (slice_t){ptr, len};
}

/* Whoever has this name, or somebody new. */
static uint32_t speaker(call_t *call, slice_t name) {
  for (size_t row = 0; row < call->participants.len; row++) {
    plugin_string_t known = call->participants.ptr[row].name.val;
    if (known.len == name.len && memcmp(known.ptr, name.ptr, name.len) == 0) return row;
  }
  participant_t *new = &call->participants.ptr[call->participants.len];
  /* Never a guess: the host has better means to find out. */
  new->role = REHEARSAL_PLUGIN_TYPES_ROLE_UNKNOWN;
  new->role_evidence = text("");
  new->name = (plugin_option_string_t){name.len > 0, part(name.ptr, name.len)};
  return call->participants.len++;
}

static void append(plugin_string_t *to, slice_t what) {
  memcpy(to->ptr + to->len, what.ptr, what.len);
  to->len += what.len;
}

/* `Name: what they say`, a turn a line; a line without a name continues the turn before. */
static void add_line(call_t *call, slice_t line) {
  size_t colon = find(line.ptr, line.len, 0, ":");
  slice_t name = {line.ptr, 0}, said = line;
  bool named = colon < line.len && trim(line.ptr + colon + 1, line.len - colon - 1).len > 0;
  if (named) {
    name = trim(line.ptr, colon);
    said = trim(line.ptr + colon + 1, line.len - colon - 1);
  }
  if (!named && call->turns.len > 0) {
    append(&call->text, (slice_t){(const uint8_t *)" ", 1});
  } else {
    if (call->turns.len > 0) append(&call->text, (slice_t){(const uint8_t *)"\n", 1});
    turn_t *turn = &call->turns.ptr[call->turns.len++];
    turn->participant = speaker(call, name);
    turn->text.start = call->text.len;
  }
  append(&call->text, said);
  call->turns.ptr[call->turns.len - 1].text.end = call->text.len;
}

static call_t conversation(const uint8_t *bytes, size_t len) {
  size_t lines = 1;
  for (size_t at = 0; at < len; at++) lines += bytes[at] == '\n';
  /* No text is longer than its source and a byte a line, and no line more than a turn. */
  call_t call = {
      .id = text(""),
      .text = {some(len + lines, 1), 0},
      .participants = {some(lines, sizeof(participant_t)), 0},
      .turns = {some(lines, sizeof(turn_t)), 0},
      .timing = REHEARSAL_PLUGIN_TYPES_TIMING_NONE,
  };
  for (size_t start = 0; start < len;) {
    size_t end = find(bytes, len, start, "\n");
    slice_t line = trim(bytes + start, end - start);
    if (line.len > 0) add_line(&call, line);
    start = end + 1;
  }
  return call;
}

/* A file is one call. Larger sources give `next` and go on there. */
bool exports_rehearsal_plugin_loader_api_load(plugin_string_t *key, uint64_t offset, chunk_t *ret,
                                              error_t *err) {
  (void)offset;
  plugin_list_u8_t bytes;
  if (!read(key, &bytes, err)) return false;
  if (!is_utf8(bytes.ptr, bytes.len)) {
    err->tag = REHEARSAL_PLUGIN_TYPES_ERROR_INVALID_INPUT;
    err->val.invalid_input = format("%.*s is not UTF-8", (int)key->len, key->ptr);
    return false;
  }
  row_t *row = some(1, sizeof *row);
  row->val.ok.key = text("");
  row->val.ok.body.tag = EXPORTS_REHEARSAL_PLUGIN_LOADER_API_ITEM_BODY_CONVERSATION;
  row->val.ok.body.val.conversation = conversation(bytes.ptr, bytes.len);
  *ret = (chunk_t){.items = {row, 1}};
  plugin_list_u8_free(&bytes);
  return true;
}
