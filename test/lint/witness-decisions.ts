/** The rules whose findings carry a witness, and what its request is decided as. */
export const DECISIONS: Readonly<Record<string, readonly string[]>> = {
  ASR001: ['allow'],
  ASR002: ['implicitDeny', 'explicitDeny'],
  DIF001: ['allow'],
  DIF002: ['allow'],
  DIF003: ['allow', 'implicitDeny'],
  KEY001: ['implicitDeny', 'explicitDeny'],
  KEY002: ['implicitDeny', 'explicitDeny'],
  KEY003: ['implicitDeny', 'explicitDeny'],
  KEY006: ['allow'],
  KEY007: ['allow'],
  KEY008: ['allow'],
  KEY012: ['allow'],
  KMS005: ['allow'],
  KMS007: ['allow'],
  KMS008: ['allow'],
  KMS014: ['allow'],
  // Of an Allow that allows nothing, and of a Deny that denies nothing, beside an Allow of everything.
  LOG001: ['implicitDeny', 'allow'],
  LOG002: ['explicitDeny'],
  // What the others allow, and what they deny.
  LOG003: ['allow', 'explicitDeny'],
  LOG004: ['explicitDeny'],
  SEC004: ['allow'],
}
