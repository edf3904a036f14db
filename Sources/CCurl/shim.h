/// libcurl, and what Swift can't call of it: its setters and getters are variadic.
#ifndef MILLRACE_CCURL_SHIM_H
#define MILLRACE_CCURL_SHIM_H

#include <curl/curl.h>

/// Options that take a number. [any]
static inline CURLcode mill_curl_set_long(CURL *curl, CURLoption option, long value) {
  return curl_easy_setopt(curl, option, value);
}

/// Options that take a text, which libcurl copies (but CURLOPT_POSTFIELDS: that stays the caller's). [any]
static inline CURLcode mill_curl_set_text(CURL *curl, CURLoption option, const char *value) {
  return curl_easy_setopt(curl, option, value);
}

/// Options that take a pointer, which stays the caller's. [any]
static inline CURLcode mill_curl_set_pointer(CURL *curl, CURLoption option, void *value) {
  return curl_easy_setopt(curl, option, value);
}

/// Who takes the answer's bytes; gets `context`. [any]
static inline CURLcode mill_curl_set_writer(CURL *curl, size_t (*writer)(char *, size_t, size_t, void *),
                                            void *context) {
  CURLcode code = curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, writer);
  return code != CURLE_OK ? code : curl_easy_setopt(curl, CURLOPT_WRITEDATA, context);
}

/// The answer's HTTP status; 0 without one. [any]
static inline long mill_curl_status(CURL *curl) {
  long status = 0;
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
  return status;
}

/// libcurl's own set-up; to be called before anything else. [any]
static inline CURLcode mill_curl_init(void) { return curl_global_init(CURL_GLOBAL_DEFAULT); }

#endif
