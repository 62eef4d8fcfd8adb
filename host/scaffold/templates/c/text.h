/* Texts of the contract are UTF-8 with a length and no zero at the end. What a function
 * returns is freed by its caller, so it has to come from malloc. */
#ifndef TEXT_H
#define TEXT_H

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plugin.h"

/* Memory for `count` elements, zeroed. Without memory there is no result. */
static inline void *some(size_t count, size_t size) {
  void *memory = calloc(count > 0 ? count : 1, size);
  if (memory == NULL) abort();
  return memory;
}

/* A copy of a C string. */
static inline plugin_string_t text(const char *said) {
  plugin_string_t copy;
  plugin_string_dup(&copy, said);
  return copy;
}

/* A copy of some bytes. */
static inline plugin_string_t part(const uint8_t *bytes, size_t len) {
  plugin_string_t copy;
  plugin_string_dup_n(&copy, (const char *)bytes, len);
  return copy;
}

/* As printf, up to 400 bytes. */
static inline plugin_string_t format(const char *how, ...) {
  char line[400];
  va_list values;
  va_start(values, how);
  vsnprintf(line, sizeof line, how, values);
  va_end(values);
  return text(line);
}

/* Whether bytes are UTF-8: a string that is not costs the whole call. */
static inline bool is_utf8(const uint8_t *bytes, size_t len) {
  for (size_t at = 0; at < len;) {
    uint8_t first = bytes[at], second = at + 1 < len ? bytes[at + 1] : 0;
    size_t width = first < 0x80 ? 1 : first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    if (width == 0 || first > 0xf4 || at + width > len) return false;
    for (size_t next = 1; next < width; next++)
      if ((bytes[at + next] & 0xc0) != 0x80) return false;
    /* Longer than needed, half of a pair of UTF-16, beyond the last character. */
    if (first == 0xe0 && second < 0xa0) return false;
    if (first == 0xed && second > 0x9f) return false;
    if (first == 0xf0 && second < 0x90) return false;
    if (first == 0xf4 && second > 0x8f) return false;
    at += width;
  }
  return true;
}

/* Where `wanted` begins in `in` at or after `from`; `len` where it does not. */
static inline size_t find(const uint8_t *in, size_t len, size_t from, const char *wanted) {
  size_t length = strlen(wanted);
  for (size_t at = from; length > 0 && at + length <= len; at++)
    if (memcmp(in + at, wanted, length) == 0) return at;
  return len;
}

/* The value of a setting as the configuration has it, behind `"name":`; NULL where it is
 * not set. The host has checked the configuration against the schema and gives it without
 * blanks; for tables within tables take a JSON library. */
static inline const char *setting(const char *config, const char *name) {
  char key[80];
  snprintf(key, sizeof key, "\"%s\":", name);
  const char *found = strstr(config, key);
  return found == NULL ? NULL : found + strlen(key);
}

/* The configuration as a C string. */
static inline char *configuration(void) {
  plugin_string_t json;
  rehearsal_plugin_config_get(&json);
  char *config = some(json.len + 1, 1);
  memcpy(config, json.ptr, json.len);
  plugin_string_free(&json);
  return config;
}

#endif
