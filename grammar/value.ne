# The text of a policy value: plain text, the wildcards `*` and `?`, and variables.
#
#   arn:aws:s3:::team-${aws:PrincipalTag/team, 'none'}/*      ${*} ${?} ${$} stand for the characters themselves
#
# Source: IAM User Guide, "IAM policy elements: Variables and tags".

@preprocessor typescript
@lexer lexer

@{%
import moo from 'moo'
import { fromChain, type Chain } from '../text/chain.js'
import { endingLexer, type GrammarToken } from '../text/grammar-lexer.js'
import type { TemplatePart } from '../text/template.js'

const lexer = endingLexer(
  moo.states({
    main: {
      fixed: ['${*}', '${?}', '${$}'],
      open: { match: '${', push: 'variable' },
      star: '*',
      question: '?',
      colon: ':',
      text: { match: /[^*?:$]+/, lineBreaks: true },
      dollar: '$',
    },
    variable: {
      close: { match: '}', pop: 1 },
      comma: ',',
      space: ' ',
      key: /[^\s,'"{}$*?]+/,
      quoted: { match: /'[^']*'/, lineBreaks: true, value: (quoted) => quoted.slice(1, -1) },
      unknown: moo.error,
    },
  }),
)

const partsOf = (list: Chain<TemplatePart> | undefined): readonly TemplatePart[] => fromChain(list)
const textPart = ([token]: GrammarToken[]): TemplatePart => ({ kind: 'text', text: token!.value })
%}

# A list becomes an array here, where `end` has been seen: a rule above it would run for every beginning of the list.
value    -> list %end                     {% ([list]) => partsOf(list) %}

list     -> null                          {% () => undefined %}
          | list part                     {% ([before, last]) => ({ before, last }) %}

# An ARN splits at colons, a value does not.
part     -> piece                         {% id %}
          | %colon                        {% textPart %}

piece    -> %text                         {% textPart %}
          | %dollar                       {% textPart %}
          | %fixed                        {% ([fixed]) => ({ kind: 'text', text: fixed.value[2] }) %}
          | %star                         {% () => ({ kind: 'wild', wild: '*' }) %}
          | %question                     {% () => ({ kind: 'wild', wild: '?' }) %}
          | variable                      {% id %}

# One comma and exactly one space before the default; no other space.
variable -> %open %key %close             {% ([open, key, close]) => ({ kind: 'variable', key: key.value, start: open.offset, end: close.offset + 1 }) %}
          | %open %key %comma %space %quoted %close
                                          {% ([open, key, , , quoted, close]) => ({ kind: 'variable', key: key.value, default: quoted.value, start: open.offset, end: close.offset + 1 }) %}
