# Assertions: one sentence about everybody's access, and what `for` ranges over in a test file.
#
#   nobody outside the organization can kms:Decrypt on alias/payments
#   nobody except role/App, 111122223333:root can kms:Decrypt, kms:ReEncryptFrom on any key except alias/shared
#   only role/App can kms:Decrypt on alias/payments when kms:EncryptionContext:tenant = "a"
#   everybody in account 111122223333 can kms:Verify on alias/tokens
#   role/Intern cannot kms:* on any key
#   all principals except role/App
#
# What follows `when`, `via`, `from` and `through` is read by the grammar of access queries; here it is a row of tokens.
#
# Source: Keyward, "Assertions".

@preprocessor typescript
@lexer lexer

@{%
import moo from 'moo'
import type { Chain } from '../text/chain.js'
import { endingLexer, type GrammarToken } from '../text/grammar-lexer.js'
import type { QueryTerm } from '../text/query-term.js'

/** Words that a bare term cannot be, in any case. */
export const KEYWORDS: ReadonlySet<string> = new Set(
  'nobody everybody only all in outside except the organization account accounts principals can cannot do on any key keys and when via from through'.split(
    ' ',
  ),
)

/** What the grammar reads: terms, not yet principals, actions and resources. */
export interface WrittenCallers {
  readonly where?: 'inside' | 'outside'
  /** Undefined: the organization. */
  readonly accounts?: Chain<QueryTerm> | undefined
  readonly except?: Chain<QueryTerm>
}

export type WrittenKeys =
  | { readonly kind: 'any'; readonly except?: Chain<QueryTerm> }
  | { readonly kind: 'these'; readonly resources: Chain<QueryTerm> }

export interface WrittenAssertion {
  readonly claim: 'nobody' | 'everybody' | 'only' | 'cannot'
  readonly callers: WrittenCallers
  /** Of `only` and `cannot`. */
  readonly principals?: Chain<QueryTerm>
  readonly actions: Chain<QueryTerm>
  readonly keys: WrittenKeys
  /** Where `when` and the like begin. */
  readonly rest: number | undefined
}

export type WrittenRange =
  | { readonly kind: 'principals'; readonly callers: WrittenCallers }
  | { readonly kind: 'keys'; readonly keys: WrittenKeys }

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

assertion  -> subject "can" optionalDo actions "on" keys rest %end
                {% ([subject, , , actions, , keys, rest]): WrittenAssertion => ({ ...subject, actions, keys, rest }) %}
            | principals "cannot" optionalDo actions "on" keys rest %end
                {% ([principals, , , actions, , keys, rest]): WrittenAssertion => ({ claim: 'cannot', callers: {}, principals, actions, keys, rest }) %}

subject    -> "nobody" callers                                  {% ([, callers]) => ({ claim: 'nobody', callers }) %}
            | "everybody" callers                               {% ([, callers]) => ({ claim: 'everybody', callers }) %}
            | "only" principals                                 {% ([, principals]) => ({ claim: 'only', callers: {}, principals }) %}

# ---- what `for` ranges over

range      -> "all" "principals" callers %end                   {% ([, , callers]): WrittenRange => ({ kind: 'principals', callers }) %}
            | "all" "keys" keysBut %end                         {% ([, , keys]): WrittenRange => ({ kind: 'keys', keys }) %}

# ---- who

callers    -> null                                              {% (): WrittenCallers => ({}) %}
            | "except" principals                               {% ([, except]): WrittenCallers => ({ except }) %}
            | where place                                       {% ([where, accounts]): WrittenCallers => ({ where, accounts }) %}
            | where place "except" principals                   {% ([where, accounts, , except]): WrittenCallers => ({ where, accounts, except }) %}

where      -> "in"                                              {% () => 'inside' %}
            | "outside"                                         {% () => 'outside' %}

place      -> optionalThe "organization"                        {% () => undefined %}
            | "account" account                                 {% ([, only]) => ({ before: undefined, last: only }) %}
            | "accounts" accounts                               {% ([, accounts]) => accounts %}

optionalThe -> null
            | "the"

accounts   -> account                                           {% first %}
            | accounts separator account                        {% ([before, , last]): Chain<QueryTerm> => ({ before, last }) %}

principals -> principal                                         {% first %}
            | principals separator principal                    {% ([before, , last]): Chain<QueryTerm> => ({ before, last }) %}

# ---- what and where

actions    -> action                                            {% first %}
            | actions separator action                          {% ([before, , last]): Chain<QueryTerm> => ({ before, last }) %}

keys       -> resources                                         {% ([resources]): WrittenKeys => ({ kind: 'these', resources }) %}
            | "any" "key" keysBut                               {% ([, , keys]) => keys %}

keysBut    -> null                                              {% (): WrittenKeys => ({ kind: 'any' }) %}
            | "except" resources                                {% ([, except]): WrittenKeys => ({ kind: 'any', except }) %}

resources  -> resource                                          {% first %}
            | resources separator resource                      {% ([before, , last]): Chain<QueryTerm> => ({ before, last }) %}

separator  -> ","
            | "and"

optionalDo -> null
            | "do"

# ---- what is known of the request

rest       -> null                                              {% () => undefined %}
            | clause                                            {% ([start]) => start %}

clause     -> clauseWord                                        {% ([token]) => token.offset %}
            | clause token                                      {% ([start]) => start %}

clauseWord -> "when"                                            {% ([token]) => token %}
            | "via"                                             {% ([token]) => token %}
            | "from"                                            {% ([token]) => token %}
            | "through"                                         {% ([token]) => token %}

token      -> %word | %quoted | %mark | %keyword

# ---- terms: a bare word, or a text in double quotes with the escapes of JSON

principal  -> %word                                             {% term %}
            | %quoted                                           {% term %}
account    -> %word                                             {% term %}
            | %quoted                                           {% term %}
action     -> %word                                             {% term %}
            | %quoted                                           {% term %}
resource   -> %word                                             {% term %}
            | %quoted                                           {% term %}
