/** Values of a deployment that somebody has given, by name. */
import type { TemplateValues } from '../embedded-policies.js'

/** Of a parameter, a variable, an import or an export. */
export function givenValue(name: string, { parameters }: TemplateValues): string | undefined {
  return Object.hasOwn(parameters, name) ? parameters[name] : undefined
}

/** Of a pseudo parameter of CloudFormation. */
export function givenPseudo(name: string, given: TemplateValues): string | undefined {
  switch (name) {
    case 'AWS::AccountId':
      return given.account
    case 'AWS::Region':
      return given.region
    case 'AWS::Partition':
      return given.partition
    default:
      return undefined
  }
}
