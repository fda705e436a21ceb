/*
 * Stands in for libcurl in the guest, which has no network: tpm2_getekcertificate and the FAPI link with it, and
 * the real one would bring 14 MB of libraries. Every request fails the way curl fails when it can't start.
 * Built without headers and without libc; the recipe gives the two names and symbol versions that Debian uses.
 */

enum { CURLE_OK = 0, CURLE_FAILED_INIT = 2, CURLUE_OUT_OF_MEMORY = 7 };

static const char no_network[] = "this guest has no network (libcurl is a stub)";

int curl_global_init(long flags) { (void)flags; return CURLE_OK; }
void curl_global_cleanup(void) {}

void *curl_easy_init(void) { return 0; }
void curl_easy_cleanup(void *handle) { (void)handle; }
int curl_easy_setopt(void *handle, int option, ...) { (void)handle; (void)option; return CURLE_FAILED_INIT; }
int curl_easy_perform(void *handle) { (void)handle; return CURLE_FAILED_INIT; }
const char *curl_easy_strerror(int code) { (void)code; return no_network; }

char *curl_easy_escape(void *handle, const char *text, int length)
{
    (void)handle; (void)text; (void)length;
    return 0;
}

char *curl_easy_unescape(void *handle, const char *text, int length, int *out_length)
{
    (void)handle; (void)text; (void)length; (void)out_length;
    return 0;
}

void curl_free(void *memory) { (void)memory; }

void *curl_url(void) { return 0; }
void curl_url_cleanup(void *url) { (void)url; }
int curl_url_set(void *url, int part, const char *content, unsigned int flags)
{
    (void)url; (void)part; (void)content; (void)flags;
    return CURLUE_OUT_OF_MEMORY;
}
const char *curl_url_strerror(int code) { (void)code; return no_network; }
