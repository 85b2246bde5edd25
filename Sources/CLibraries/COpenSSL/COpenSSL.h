// libcrypto: hashes and randomness.
#pragma once
#include <openssl/evp.h>
#include <openssl/md5.h>
#include <openssl/rand.h>

// The MD5 of one block function, without OpenSSL 3's provider behind it: that costs several times the hash of a short text.
// libcrypto marks it deprecated, for MD5 protects nothing; SIP's registrars ask for it.
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wdeprecated-declarations"
static inline int svetlana_md5_start(MD5_CTX *context) { return MD5_Init(context); }
static inline int svetlana_md5_add(MD5_CTX *context, const void *bytes, size_t count) {
    return MD5_Update(context, bytes, count);
}
static inline int svetlana_md5_finish(MD5_CTX *context, unsigned char *digest) { return MD5_Final(digest, context); }
#pragma clang diagnostic pop
