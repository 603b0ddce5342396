/**
 * The options by which `keyward why` and `keyward can` are asked. Names and types only, so that `--help` loads nothing.
 */
import type { Command } from 'commander'

/** How something is asked. */
export interface AskOptions extends CacheFlags {
  /** Folder of a world. */
  readonly world?: string
  readonly principal?: string
  readonly action?: string
  readonly key?: string
  /** `name=value` */
  readonly context?: readonly string[]
  /** `name=value` */
  readonly encryptionContext?: readonly string[]
  readonly via?: string
  readonly from?: string
  readonly endpoint?: string
  readonly grantToken?: readonly string[]
  /** Files. */
  readonly sessionPolicy?: readonly string[]
  readonly sessionPolicyArn?: readonly string[]
  readonly time?: string
  readonly message?: string
  readonly operation?: string
  readonly parameters?: string
  readonly region?: string
  /** `name=value`, readings of what AWS leaves open. */
  readonly option?: readonly string[]
}

/** Where worlds that were read are kept. */
export interface CacheFlags {
  /** False with --no-cache. */
  readonly cache?: boolean
  readonly cacheDir?: string
}

export function addAskOptions(command: Command): Command {
  return command
    .option('--world <dir>', 'folder that describes the organization; docs/world.md tells its form')
    .option('--cache-dir <dir>', 'folder in which large worlds are kept once they have been read')
    .option('--no-cache', 'read the files of the world, and keep nothing')
    .option('--principal <who>', 'caller: role/App, user/ops/Maria, an ARN, a service')
    .option('--action <name>', 'permission: kms:Decrypt')
    .option('--key <which>', 'key or alias: alias/payments, a key id, an ARN')
    .option('--context <key=value>', 'condition key of the request; may be repeated', gather)
    .option('--encryption-context <key=value>', 'pair of the encryption context; may be repeated', gather)
    .option('--via <service>', 'service that calls for the caller: s3')
    .option('--from <address>', 'IP address of the caller')
    .option('--endpoint <id>', 'VPC endpoint that the request comes through: vpce-...')
    .option('--grant-token <grant-id>', 'id of a grant whose token is sent; may be repeated', gather)
    .option('--session-policy <file>', 'session policy passed when the session was made; may be repeated', gather)
    .option('--session-policy-arn <arn>', 'managed policy of the world passed so; may be repeated', gather)
    .option('--time <date>', 'when the request is made: 2026-03-15T12:00:00Z')
    .option('--message <text>', 'text of an AWS access-denied error')
    .option('--operation <name>', 'API operation instead of a permission: ReEncrypt')
    .option('--parameters <file>', 'its input as JSON, - for standard input')
    .option('--region <region>', 'where the operation is called, for bare key ids and alias names')
    .option(
      '--option <name=value>',
      'a reading of what AWS leaves open, such as grantBoundary=allGrantees; may be repeated',
      gather,
    )
}

function gather(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, text]
}
