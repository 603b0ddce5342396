/** The types of `mlkem` expect the global of browsers, which those of Node.js 20 do not declare. */
type Crypto = import('node:crypto').webcrypto.Crypto
