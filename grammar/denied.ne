# What AWS says when it refuses: the sentence, and the wrappings that the AWS CLI and the SDKs put around it.
#
#   User: arn:aws:sts::111122223333:assumed-role/App/i-0123 is not authorized to perform: kms:Decrypt
#     on resource: arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab
#     because no identity-based policy allows the kms:Decrypt action
#
# Three rules are read alone, each as far as it goes: `sentence`, `operation` and `details`.
#
# Source: IAM User Guide, "Troubleshoot access denied error messages"; KMS API Reference, "Decrypt", "PutKeyPolicy", errors.

@preprocessor typescript
@lexer lexer

@{%
import moo from 'moo'
import { endingLexer } from '../text/grammar-lexer.js'
import type { DeniedLayer, DeniedSentence, DenialReason, Wrapping } from '../text/denied-message.js'

// A word keeps the marks inside it, `kms:Decrypt`, and loses those after it, `action.`
export const lexer = endingLexer(
  moo.compile({
    blank: { match: /\s+/, lineBreaks: true },
    word: {
      match: /[^\s"'`<>()\\]*[^\s"'`<>()\\.,:;]/,
      type: (word) => (word.startsWith('arn:') ? 'arn' : 'word'),
    },
    marks: /[.,:;]+/,
    paren: /[()]/,
    quote: /["'`<>\\]/,
  }),
)

const layer = (name: DeniedLayer) => (): DeniedLayer => name
%}

sentence   -> denial                                          {% id %}
            | ciphertext                                      {% id %}
            | notFound                                        {% id %}
            | keyState                                        {% id %}
            | lockout                                         {% id %}
            | principals                                      {% id %}

# ---- "not authorized"

denial     -> "User" ":" name "is" "not" "authorized" "to" "perform" ":" quotes %word quotes target reason pointer
                                                              {% ([, , caller, , , , , , , , action, , target, reason, pointer]): DeniedSentence => ({ kind: 'denied', caller: caller.text, action: action.text, ...target, ...reason, ...pointer }) %}

target     -> null                                            {% () => ({}) %}
            | "on" "resource" ":" name                       {% ([, , , resource]) => ({ resource: resource.text }) %}

reason     -> null                                            {% () => ({}) %}
            | "because" "no" layer "allows" "the" %word "action"
                                                              {% ([, , layer]): DenialReason => ({ isExplicit: false, layer }) %}
            | "with" "an" "explicit" "deny"                   {% (): DenialReason => ({ isExplicit: true }) %}
            | "with" "an" "explicit" "deny" "in" article layer policy
                                                              {% ([, , , , , , layer, policy]): DenialReason => ({ isExplicit: true, layer, ...policy }) %}

article    -> "a"
            | "an"
            | "the"

layer      -> "identity-based" "policy"                       {% layer('identity') %}
            | "resource-based" "policy"                       {% layer('keyPolicy') %}
            | "permissions" "boundary"                        {% layer('boundary') %}
            | "session" "policy"                              {% layer('session') %}
            | "service" "control" "policy"                    {% layer('scp') %}
            | "resource" "control" "policy"                   {% layer('rcp') %}
            | "VPC" "endpoint" "policy"                       {% layer('vpce') %}
            | "role" "trust" "policy"                         {% layer('trust') %}

policy     -> null                                            {% () => ({}) %}
            | ":" %arn                                        {% ([, policyArn]) => ({ policyArn: policyArn.text }) %}

# A caller without credentials has no ARN, and an action without a resource says `*`.
name       -> quotes %arn quotes                              {% ([, arn]) => arn %}
            | quotes %word quotes                             {% ([, word]) => word %}

# Where Access Troubleshooter keeps the details.
pointer    -> null                                            {% () => ({}) %}
            | "." "Go" "to" %word "for" "complete" "details" "," "or" "call" "the" %word "API" "with" "the" "following" "authorization" "id" ":" %word
                                                              {% (pointer) => ({ authorizationId: pointer.at(-1).text }) %}

# ---- everything else that KMS says for lack of a permission, of a key, or of a usable one

ciphertext -> "The" "ciphertext" "refers" "to" "a" "customer" "master" "key" "that" "does" "not" "exist" "," "does" "not" "exist" "in" "this" "region" "," "or" "you" "are" "not" "allowed" "to" "access"
                                                              {% (): DeniedSentence => ({ kind: 'ciphertext' }) %}

notFound   -> "Key" quotes %arn quotes "does" "not" "exist"   {% ([, , arn]): DeniedSentence => ({ kind: 'notFound', resource: arn.text }) %}
            | "Alias" quotes %arn quotes "is" "not" "found"   {% ([, , arn]): DeniedSentence => ({ kind: 'notFound', resource: arn.text }) %}

quotes     -> null
            | %quote
            | %quote %quote

keyState   -> %arn "is" "disabled"                            {% ([key]): DeniedSentence => ({ kind: 'keyState', key: key.text, state: 'disabled' }) %}
            | %arn "is" "pending" "deletion"                  {% ([key]): DeniedSentence => ({ kind: 'keyState', key: key.text, state: 'pendingDeletion' }) %}
            | %arn "is" "pending" "import"                    {% ([key]): DeniedSentence => ({ kind: 'keyState', key: key.text, state: 'pendingImport' }) %}
            | %arn "is" "unavailable"                         {% ([key]): DeniedSentence => ({ kind: 'keyState', key: key.text, state: 'unavailable' }) %}

lockout    -> "The" "new" "key" "policy" "will" "not" "allow" "you" "to" "update" "the" "key" "policy" "in" "the" "future"
                                                              {% (): DeniedSentence => ({ kind: 'lockout' }) %}

principals -> "Policy" "contains" "a" "statement" "with" "one" "or" "more" "invalid" "principals"
                                                              {% (): DeniedSentence => ({ kind: 'invalidPrincipals' }) %}

# ---- before the sentence: AWS CLI and botocore, then the SDK for Go

operation  -> "An" "error" "occurred" "(" %word ")" "when" "calling" "the" %word "operation"
                                                              {% ([, , , , code, , , , , operation]): Wrapping => ({ errorCode: code.text, operation: operation.text }) %}
            | "operation" "error" words ":" %word "," "https" "response" "error" "StatusCode" ":" %word "," "RequestID" ":" %word "," hostId apiError %word ":"
                                                              {% (parts): Wrapping => ({ service: parts[2], operation: parts[4].text, requestId: parts[15].text, errorCode: parts[19].text }) %}

# S3 alone has one.
hostId     -> null
            | "HostID" ":" %word ","

apiError   -> null
            | "api" "error"

# ---- after the sentence: the SDKs for Java

details    -> "(" detail                                      {% ([, detail]): Wrapping => detail %}
            | details separator detail                        {% ([details, , detail]): Wrapping => ({ ...details, ...detail }) %}

separator  -> ","
            | ";"

detail     -> "Service" ":" words                             {% ([, , service]): Wrapping => ({ service }) %}
            | "Status" "Code" ":" %word                       {% (): Wrapping => ({}) %}
            | "Error" "Code" ":" %word                        {% ([, , , code]): Wrapping => ({ errorCode: code.text }) %}
            | "Request" "ID" ":" %word                        {% ([, , , id]): Wrapping => ({ requestId: id.text }) %}

words      -> %word                                           {% ([word]) => word.text %}
            | words %word                                     {% ([words, word]) => `${words} ${word.text}` %}
