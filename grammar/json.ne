# A policy document, as IAM and KMS write it: the reference that the fast reader is compared with in tests.
#
# Elements come in any order, each at most once. A string token is compared by what it says, so `"Effect"` below is that
# JSON string, however it is escaped.
#
# Source: IAM User Guide, "Grammar of the IAM JSON policy language".

@preprocessor typescript
@lexer lexer

@{%
import moo from 'moo'
import { fromChain, type Chain } from '../text/chain.js'
import { endingLexer, type GrammarToken } from '../text/grammar-lexer.js'

const PUNCTUATION = ['{', '}', '[', ']', ':', ',', 'true', 'false']

const lexer = endingLexer(
  moo.compile({
    blank: { match: /[ \t\n\r]+/, lineBreaks: true },
    string: {
      match: /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/,
      value: (quoted): string => JSON.parse(quoted),
    },
    number: /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?/,
    punctuation: PUNCTUATION,
    unknown: moo.error,
  }),
  // A string that reads like punctuation keeps its quotes, so that it is not taken for it.
  ({ type, text, value }) => (type === 'string' && !PUNCTUATION.includes(value) ? value : text),
)

type Member = readonly [name: string, value: unknown]
type Reject = {} | undefined

const member = ([name, , value]: any[]): Member => [name.value, value]
const asWritten = ([token]: GrammarToken[]): string => token!.value
const asJson = ([token]: GrammarToken[]): unknown => JSON.parse(token!.text)

const begin = ([last]: unknown[]): Chain<unknown> => ({ before: undefined, last })
const append = ([before, , last]: any[]): Chain<unknown> => ({ before, last })
const array = ([, elements]: any[]): unknown[] => fromChain(elements)

/** Members as an object; none of two with one name, nor of two that `same` takes for one. */
const objectOf = (same: (name: string) => string) => ([, members]: any[], _: number | undefined, reject: Reject): unknown => {
  const list = fromChain<Member>(members)
  return new Set(list.map(([name]) => same(name))).size === list.length ? Object.fromEntries(list) : reject
}
const object = objectOf((name) => name)
const objectIgnoringCase = objectOf((name) => name.toLowerCase())

/** The same, when each of `groups` has exactly one of its names in the object, or at most one. */
const objectWith =
  (exactlyOne: readonly string[][], atMostOne: readonly string[][]) =>
  (data: any[], location: number | undefined, reject: Reject): unknown => {
    const made = object(data, location, reject)
    if (made === reject || typeof made !== 'object' || made === null) return reject
    const count = (names: readonly string[]): number => names.filter((name) => Object.hasOwn(made, name)).length
    return exactlyOne.every((names) => count(names) === 1) && atMostOne.every((names) => count(names) < 2) ? made : reject
  }
%}

document    -> policy %end                                {% id %}

policy      -> "{" policyElements "}"                     {% objectWith([['Statement']], []) %}

policyElements -> policyElement                           {% begin %}
            | policyElements "," policyElement            {% append %}

policyElement -> "Version" ":" version                    {% member %}
            | "Id" ":" string                             {% member %}
            | "Statement" ":" statement                   {% member %}
            | "Statement" ":" "[" statements "]"          {% ([name, , , statements]) => [name.value, fromChain(statements)] %}

version     -> "2008-10-17"                               {% asWritten %}
            | "2012-10-17"                                {% asWritten %}

# ---- one statement, or a list of at least one

statements  -> statement                                  {% begin %}
            | statements "," statement                    {% append %}

# A key policy may leave out Action and Resource; that is not grammar, so it is not asked here.
statement   -> "{" statementElements "}"                  {% objectWith([['Effect']], [['Principal', 'NotPrincipal'], ['Action', 'NotAction'], ['Resource', 'NotResource']]) %}

statementElements -> statementElement                     {% begin %}
            | statementElements "," statementElement      {% append %}

statementElement -> "Sid" ":" string                      {% member %}
            | "Effect" ":" effect                         {% member %}
            | "Principal" ":" principal                   {% member %}
            | "NotPrincipal" ":" principal                {% member %}
            | "Action" ":" strings                        {% member %}
            | "NotAction" ":" strings                     {% member %}
            | "Resource" ":" strings                      {% member %}
            | "NotResource" ":" strings                   {% member %}
            | "Condition" ":" condition                   {% member %}

effect      -> "Allow"                                    {% asWritten %}
            | "Deny"                                      {% asWritten %}

# ---- who

principal   -> "*"                                        {% asWritten %}
            | "{" "}"                                     {% () => ({}) %}
            | "{" principalTypes "}"                      {% object %}

principalTypes -> principalType                           {% begin %}
            | principalTypes "," principalType            {% append %}

principalType -> "AWS" ":" strings                        {% member %}
            | "Federated" ":" strings                     {% member %}
            | "Service" ":" strings                       {% member %}
            | "CanonicalUser" ":" strings                 {% member %}

# ---- when: operator, condition key, values; keys of one operator differ by more than case

condition   -> "{" "}"                                    {% () => ({}) %}
            | "{" operators "}"                           {% object %}

operators   -> operator                                   {% begin %}
            | operators "," operator                      {% append %}

operator    -> %string ":" conditionKeys                  {% member %}

conditionKeys -> "{" "}"                                  {% () => ({}) %}
            | "{" keyValues "}"                           {% objectIgnoringCase %}

keyValues   -> keyValue                                   {% begin %}
            | keyValues "," keyValue                      {% append %}

keyValue    -> %string ":" value                          {% member %}
            | %string ":" "[" "]"                         {% ([key]) => [key.value, []] %}
            | %string ":" "[" values "]"                  {% ([key, , , values]) => [key.value, fromChain(values)] %}

values      -> value                                      {% begin %}
            | values "," value                            {% append %}

# Numbers and booleans may stand without quotes.
value       -> string                                     {% id %}
            | %number                                     {% asJson %}
            | "true"                                      {% asJson %}
            | "false"                                     {% asJson %}

# ---- one string where a list may stand is a list of one

strings     -> string                                     {% id %}
            | "[" "]"                                     {% () => [] %}
            | "[" stringList "]"                          {% array %}

stringList  -> string                                     {% begin %}
            | stringList "," string                       {% append %}

string      -> %string                                    {% asWritten %}
