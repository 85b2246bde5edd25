// libcrypto: hashes and randomness.
#pragma once
#include <openssl/evp.h>
#include <openssl/rand.h>
