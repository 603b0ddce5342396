/**
 * AWS partitions and how the names of their Regions begin. Data only.
 *
 * Source: AWS General Reference, "Amazon Resource Names"; AWS Fault Isolation Boundaries, "Partitions".
 */

/** In every partition but `aws`, all Region names begin alike. */
export const REGION_PREFIXES: ReadonlyMap<string, string> = new Map([
  ['cn-', 'aws-cn'],
  ['us-gov-', 'aws-us-gov'],
  ['us-iso-', 'aws-iso'],
  ['us-isob-', 'aws-iso-b'],
  ['eu-isoe-', 'aws-iso-e'],
  ['us-isof-', 'aws-iso-f'],
  ['eusc-', 'aws-eusc'],
])

export const PARTITIONS: readonly string[] = ['aws', ...REGION_PREFIXES.values()]
