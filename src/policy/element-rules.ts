/**
 * Which elements each kind of policy takes, requires and forbids, and how long its text may be. Data only.
 *
 * Source: authorization.md A2, A3, restated from IAM User Guide, "Grammar of the IAM JSON policy language" and "IAM
 * and AWS STS quotas"; KMS Developer Guide, "Creating a key policy"; Organizations User Guide, "SCP syntax", "RCP
 * syntax" and "Quotas"; AWS PrivateLink guide, "Endpoint policies"; for trust policies sts.md, AssumeRole.
 */
import type { PolicyKind } from './document.js'

export const DOCUMENT_ELEMENTS = ['Version', 'Id', 'Statement'] as const

export const STATEMENT_ELEMENTS = [
  'Sid',
  'Effect',
  'Principal',
  'NotPrincipal',
  'Action',
  'NotAction',
  'Resource',
  'NotResource',
  'Condition',
] as const

export const PRINCIPAL_TYPES = ['AWS', 'Service', 'Federated', 'CanonicalUser'] as const

export interface ElementRules {
  /** With its article: "a key policy". */
  readonly called: string
  readonly versionRequired: boolean
  readonly id: 'allowed' | 'forbidden'
  /** `alphanumeric`: `[A-Za-z0-9]*`, and a Sid that is not empty occurs once. */
  readonly sid: 'alphanumeric' | 'any text'
  readonly effects: 'Allow and Deny' | 'Deny only'
  readonly principal: 'required' | 'any only' | 'forbidden'
  readonly notPrincipal: 'with Deny' | 'forbidden'
  /** `no effect`: a statement without the element is accepted and never applies. */
  readonly action: 'required' | 'no effect'
  readonly notAction: 'allowed' | 'forbidden'
  /** `bare *` in Action. */
  readonly anyAction: 'allowed' | 'forbidden'
  readonly resource: 'required' | 'no effect' | 'optional' | 'forbidden'
  /** Whether an ARN with fewer than six fields is completed with `*` or refused. */
  readonly shortArn: 'completed' | 'refused'
  /** The only service whose actions may stand in Action, where there is one. */
  readonly onlyService?: string
  readonly size?: SizeRule
}

export interface SizeRule {
  readonly limit: number
  readonly unit: 'bytes' | 'characters'
  /** False: which limit counts depends on where the policy is put, or a sum over several policies counts. */
  readonly definite: boolean
  readonly whiteSpaceCounts: boolean
  /** Said behind the limit when it is not definite. */
  readonly note?: string
}

const IDENTITY_SIDE = {
  versionRequired: false,
  id: 'forbidden',
  sid: 'alphanumeric',
  effects: 'Allow and Deny',
  principal: 'forbidden',
  notPrincipal: 'forbidden',
  action: 'required',
  notAction: 'allowed',
  anyAction: 'allowed',
  resource: 'required',
  shortArn: 'completed',
} as const satisfies Partial<ElementRules>

const RESOURCE_SIDE = {
  versionRequired: false,
  id: 'allowed',
  sid: 'any text',
  effects: 'Allow and Deny',
  principal: 'required',
  notPrincipal: 'with Deny',
  action: 'required',
  notAction: 'allowed',
  anyAction: 'allowed',
  resource: 'required',
  shortArn: 'completed',
} as const satisfies Partial<ElementRules>

export const ELEMENT_RULES: Readonly<Record<PolicyKind, ElementRules>> = {
  key: {
    ...RESOURCE_SIDE,
    called: 'a key policy',
    action: 'no effect',
    resource: 'no effect',
    size: { limit: 32_768, unit: 'bytes', definite: true, whiteSpaceCounts: true },
  },
  identity: {
    ...IDENTITY_SIDE,
    called: 'an identity policy',
    size: {
      limit: 6_144,
      unit: 'characters',
      definite: false,
      whiteSpaceCounts: false,
      note: 'managed policies hold 6144; inline policies 2048 per user, 5120 per group, 10240 per role in all',
    },
  },
  boundary: {
    ...IDENTITY_SIDE,
    called: 'a permissions boundary',
    size: {
      limit: 6_144,
      unit: 'characters',
      definite: false,
      whiteSpaceCounts: false,
      note: 'managed policies hold 6144',
    },
  },
  session: {
    ...IDENTITY_SIDE,
    called: 'a session policy',
    shortArn: 'refused',
    size: {
      limit: 2_048,
      unit: 'characters',
      definite: false,
      whiteSpaceCounts: false,
      note: 'a session policy and the managed session policy ARNs hold 2048 together',
    },
  },
  scp: {
    ...IDENTITY_SIDE,
    called: 'a service control policy',
    versionRequired: true,
    size: { limit: 10_240, unit: 'characters', definite: true, whiteSpaceCounts: true },
  },
  rcp: {
    ...IDENTITY_SIDE,
    called: 'a resource control policy',
    versionRequired: true,
    effects: 'Deny only',
    principal: 'any only',
    notAction: 'forbidden',
    anyAction: 'forbidden',
    size: { limit: 5_120, unit: 'characters', definite: true, whiteSpaceCounts: true },
  },
  vpce: {
    ...RESOURCE_SIDE,
    called: 'a VPC endpoint policy',
    size: { limit: 20_480, unit: 'characters', definite: true, whiteSpaceCounts: true },
  },
  trust: {
    ...RESOURCE_SIDE,
    called: 'a role trust policy',
    sid: 'alphanumeric',
    resource: 'forbidden',
    onlyService: 'sts',
  },
  // Services differ: a repository policy of Amazon ECR has no Resource, a bucket policy must have one.
  resource: { ...RESOURCE_SIDE, called: 'a resource-based policy', resource: 'optional' },
}
