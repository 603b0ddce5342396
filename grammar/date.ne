# A date: the W3C profile of ISO 8601, or seconds since the epoch.
#
#   2026   2026-08   2026-08-01   2026-08-01T09:30Z   2026-08-01T09:30:15.25+02:00   1785542400   1785542400.25
#
# Source: IAM User Guide, "IAM JSON policy elements: Condition operators", date condition operators;
#         W3C Note, "Date and Time Formats".

@preprocessor typescript
@lexer lexer

@{%
import moo from 'moo'
import { endingLexer } from '../text/grammar-lexer.js'
import type { WrittenDate } from '../text/date.js'

// Two digits and four digits are parts of a date only when no more digits follow.
const lexer = endingLexer(
  moo.compile({
    two: /[0-9]{2}(?![0-9])/,
    four: /[0-9]{4}(?![0-9])/,
    digits: /[0-9]+/,
    mark: /[-+:.TZ]/,
    unknown: moo.error,
  }),
)

/** Puts the pieces of one rule together; each is a record of some fields, or a mark that says nothing. */
const together = (pieces: object[]): object => Object.assign({}, ...pieces.filter((piece) => !('offset' in piece)))
%}

date     -> day %end                                {% ([day]): WrittenDate => ({ kind: 'calendar', ...day }) %}
          | seconds %end                            {% ([seconds]): WrittenDate => ({ kind: 'epoch', ...seconds }) %}

# ---- the calendar

day      -> year                                    {% together %}
          | year "-" month                          {% together %}
          | year "-" month "-" dayOfMonth           {% together %}
          | year "-" month "-" dayOfMonth "T" time zone
                                                    {% together %}

time     -> hour ":" minute                         {% together %}
          | hour ":" minute ":" second              {% together %}
          | hour ":" minute ":" second "." fraction {% together %}

zone     -> "Z"                                     {% () => ({ zone: { sign: '+', hour: '00', minute: '00' } }) %}
          | sign hour ":" minute                    {% ([sign, hour, , minute]) => ({ zone: { sign, ...hour, ...minute } }) %}

year       -> %four                                 {% ([token]) => ({ year: token.text }) %}
month      -> %two                                  {% ([token]) => ({ month: token.text }) %}
dayOfMonth -> %two                                  {% ([token]) => ({ day: token.text }) %}
hour       -> %two                                  {% ([token]) => ({ hour: token.text }) %}
minute     -> %two                                  {% ([token]) => ({ minute: token.text }) %}
second     -> %two                                  {% ([token]) => ({ second: token.text }) %}
fraction   -> number                                {% ([fraction]) => ({ fraction }) %}
sign       -> "+"                                   {% ([token]) => token.text %}
            | "-"                                   {% ([token]) => token.text %}

# ---- the epoch; four digits alone are a year

seconds  -> %two                                    {% ([token]) => ({ sign: '+', seconds: token.text }) %}
          | %digits                                 {% ([token]) => ({ sign: '+', seconds: token.text }) %}
          | number "." fraction                     {% ([seconds, , fraction]) => ({ sign: '+', seconds, ...fraction }) %}
          | "-" number                              {% ([, seconds]) => ({ sign: '-', seconds }) %}
          | "-" number "." fraction                 {% ([, seconds, , fraction]) => ({ sign: '-', seconds, ...fraction }) %}

number   -> %two                                    {% ([token]) => token.text %}
          | %four                                   {% ([token]) => token.text %}
          | %digits                                 {% ([token]) => token.text %}
