# The access query: one question about access, as a sentence.
#
#   can role/App do kms:Decrypt on alias/payments when kms:EncryptionContext:tenant = "a" via s3
#   who can kms:Decrypt, kms:Encrypt on key/1234abcd-12ab-34cd-56ef-1234567890ab
#   what can user/alice do on alias/payments from 203.0.113.10
#   why not role/App do kms:Decrypt on alias/payments through vpce-1a2b3c4d
#
# Source: Keyward, "Access queries"; the forms of principals and keys are those of the IAM User Guide, "IAM identifiers",
#         and the KMS Developer Guide, "Key identifiers".

@preprocessor typescript
@lexer lexer

@{%
import moo from 'moo'
import type { Chain } from '../text/chain.js'
import { endingLexer, type GrammarToken } from '../text/grammar-lexer.js'
import type { QueryClause, QueryTerm, WrittenQuery } from '../text/access-query.js'

/** Words that a bare term cannot be, in any case. */
export const KEYWORDS: ReadonlySet<string> = new Set(
  'can who what why not do on when and in via from through anyone'.split(' '),
)

const lexer = endingLexer(
  moo.compile({
    blank: { match: /\s+/, lineBreaks: true },
    word: { match: /[^\s"(),=]+/, type: (word) => (KEYWORDS.has(word.toLowerCase()) ? 'keyword' : 'word') },
    quoted: {
      match: /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/,
      value: (quoted): string => JSON.parse(quoted),
    },
    mark: ['(', ')', ',', '='],
    unknown: moo.error,
  }),
  ({ type, text }) => (type === 'keyword' ? text.toLowerCase() : text),
)

const term = ([token]: GrammarToken[]): QueryTerm => ({
  text: token!.value,
  span: { start: token!.offset, end: token!.offset + token!.text.length },
})
const first = <T>([last]: T[]): Chain<T> => ({ before: undefined, last: last! })
%}

query      -> question clauses %end                             {% ([question, clauses]): WrittenQuery => ({ ...question, clauses }) %}

question   -> "can" principal "do" actions "on" resource        {% ([, principal, , actions, , resource]) => ({ kind: 'can', principal, actions, resource }) %}
            | "who" "can" optionalDo actions "on" resource      {% ([, , , actions, , resource]) => ({ kind: 'whoCan', actions, resource }) %}
            | "what" "can" principal optionalDo                 {% ([, , principal]) => ({ kind: 'whatCan', principal }) %}
            | "what" "can" principal optionalDo "on" resource   {% ([, , principal, , , resource]) => ({ kind: 'whatCan', principal, resource }) %}
            | "why" "not" principal "do" actions "on" resource  {% ([, , principal, , actions, , resource]) => ({ kind: 'whyNot', principal, actions, resource }) %}
            | "why" "can" principal "do" actions "on" resource  {% ([, , principal, , actions, , resource]) => ({ kind: 'whyCan', principal, actions, resource }) %}

optionalDo -> null
            | "do"

actions    -> action                                            {% first %}
            | actions "," action                                {% ([before, , last]) => ({ before, last }) %}

# ---- what is known of the request

clauses    -> null                                              {% () => undefined %}
            | clauses clause                                    {% ([before, last]) => ({ before, last }) %}

clause     -> "when" conditions                                 {% ([when, conditions]): QueryClause => ({ name: 'when', start: when.offset, conditions }) %}
            | "via" service                                     {% ([via, term]): QueryClause => ({ name: 'via', start: via.offset, term }) %}
            | "from" address                                    {% ([from, term]): QueryClause => ({ name: 'from', start: from.offset, term }) %}
            | "through" endpoint                                {% ([through, term]): QueryClause => ({ name: 'through', start: through.offset, term }) %}

conditions -> condition                                         {% first %}
            | conditions "and" condition                        {% ([before, , last]) => ({ before, last }) %}

condition  -> key "=" value                                     {% ([key, , value]) => ({ key, operator: '=', values: first([value]) }) %}
            | key "in" "(" values ")"                           {% ([key, , , values]) => ({ key, operator: 'in', values }) %}

values     -> value                                             {% first %}
            | values "," value                                  {% ([before, , last]) => ({ before, last }) %}

# ---- terms: a bare word, or a text in double quotes with the escapes of JSON

principal  -> %word                                             {% term %}
            | %quoted                                           {% term %}
            | "anyone"                                          {% term %}
action     -> %word                                             {% term %}
            | %quoted                                           {% term %}
resource   -> %word                                             {% term %}
            | %quoted                                           {% term %}
key        -> %word                                             {% term %}
            | %quoted                                           {% term %}
value      -> %word                                             {% term %}
            | %quoted                                           {% term %}
service    -> %word                                             {% term %}
            | %quoted                                           {% term %}
address    -> %word                                             {% term %}
            | %quoted                                           {% term %}
endpoint   -> %word                                             {% term %}
            | %quoted                                           {% term %}
