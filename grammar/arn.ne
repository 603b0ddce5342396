# An ARN pattern: six fields between the first five colons, each with wildcards and variables of its own.
#
#   arn:aws:kms:us-*:111122223333:key/${aws:PrincipalTag/key}      a colon inside a variable separates nothing
#
# Source: AWS General Reference, "Amazon Resource Names"; IAM User Guide, "IAM JSON policy elements: Resource".

@preprocessor typescript
@include "./value.ne"

pattern -> five %colon list %end          {% ([five, colon, resource]) => arnParts([...five, colon, resource]) %}
         | fewer %end                     {% ([fewer]) => arnParts(fewer) %}

#          scheme      partition    service      region       account
five    -> field %colon field %colon field %colon field %colon field

fewer   -> field
         | field %colon field
         | field %colon field %colon field
         | field %colon field %colon field %colon field
         | five                           {% id %}

field   -> null                           {% () => undefined %}
         | field piece                    {% ([before, last]) => ({ before, last }) %}

@{%
/** What was read between the first five colons, and where these are. */
export interface ArnParts {
  readonly fields: readonly (readonly TemplatePart[])[]
  readonly colons: readonly number[]
}

/** Fields and colons alternate; a field without a piece is undefined. */
function arnParts(alternating: (Chain<TemplatePart> | GrammarToken | undefined)[]): ArnParts {
  const fields: (readonly TemplatePart[])[] = []
  const colons: number[] = []
  for (const part of alternating) {
    if (part !== undefined && 'offset' in part) colons.push(part.offset)
    else fields.push(partsOf(part))
  }
  return { fields, colons }
}
%}
