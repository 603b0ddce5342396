/** The public API of the package, and nothing else. */

// Policies
export {
  parsePolicy,
  parsePolicyValue,
  type ParsedPolicy,
  type ParsePolicyInput,
  type ParsePolicyOptions,
} from './policy/parse.js'
export { printPolicy } from './policy/print.js'
export { locate, type Location, type PolicyPart } from './policy/locate.js'
export type {
  BaseOperator,
  ConditionTest,
  Effect,
  PatternElement,
  PolicyDocument,
  PolicyKind,
  PolicySource,
  PolicyVersion,
  PrincipalElement,
  PrincipalEntry,
  Statement,
} from './policy/document.js'

// A world in memory, and answers about it
export {
  createAuthorizer,
  type AccountDefinition,
  type Authorization,
  type Authorizer,
  type AuthorizerOptions,
  type BoundGate,
  type BoundRequest,
  type EndpointDefinition,
  type InvalidRequest,
  type KeyDefinition,
  type KnownPrincipal,
  type PrincipalDefinition,
  type UnreadPolicy,
} from './explain/authorizer.js'
export type { AuthorizationRequest, RequestError } from './decide/resolve.js'
export type { RequestContext, RequestContextValue } from './decide/values.js'
export type { GrantRequest, RequestDetails } from './decide/facts.js'
export { DEFAULT_OPTIONS, type DecisionOptions } from './decide/options.js'
export type { ChildGrant, EncryptionContext, Grant, GrantConstraints } from './graph/grant.js'
export type { DecisionKind, Layer, Outcome } from './graph/combine.js'
export type { ConditionTrace, GrantTrace, LayerTrace, PolicyTrace, StatementTrace, Trace } from './decide/trace.js'

// Simulation documents
export { simulate as evaluate, type SimulateOptions } from './source/simulate.js'
export type * from './source/simulation-document.js'

// Explanations
export { explain, explainDocument, type ExplainedCheck, type ExplainedDocument } from './source/explain-document.js'
export { renderExplanation, type RenderOptions } from './explain/render.js'
export type { ExplainedPart, Explanation, Note } from './explain/story.js'
export { CAUSES, type Cause, type CauseCode } from './aws/causes.js'

// Symbolic questions: what changed, who can, what would allow it, what changes nothing
export { check, diff, whatCan, whoCan, type Check, type CheckResult, type QuestionScope } from './explain/symbolic.js'
export { accessClause } from './explain/access-words.js'
export { advise } from './source/advise-document.js'
export type { Advice, Advised, AdvisedEdit, AdviceStep } from './explain/advice/advise.js'
export type { Opened } from './explain/advice/opens.js'
export { comparePolicies, type PolicyComparisonOptions } from './solve/policies.js'
export {
  redundantInPolicy as redundant,
  type RedundancyReason,
  type Redundancy,
  type RedundantStatement,
} from './solve/redundant.js'
export type { Access, AccessList, Comparison, Difference, SolveOptions, Verdict } from './solve/access.js'
export type { SolveBudget, SolveControl, SolveProgress } from './solve/budget.js'
export type { CallerClass } from './solve/callers.js'
export type { SolvedCondition } from './solve/conditions.js'
export type { Witness } from './solve/witness.js'
export type { WorldDefinition } from './solve/world.js'

// Texts, places and errors
export { codeFrame, describeError } from './text/code-frame.js'
export { positionAt, type Position, type Result, type SourceError, type SourceText, type Span } from './text/source.js'
