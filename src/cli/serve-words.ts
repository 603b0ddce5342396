/**
 * What `keyward serve` tells people on standard error: where it is, how it is used, what it notices. The first secret is
 * among it, once.
 */
import { escapeTerminal } from '../text/escape.js'
import type { Opened } from './serve-backend.js'
import type { ServeSettings } from './serve-options.js'
import type { ServedWorld } from './serve-world.js'
import { writeError } from './terminal.js'

export function warn(message: string): void {
  writeError(`keyward: ${escapeTerminal(message, { multiline: true })}\n`)
}

export function say(message: string): void {
  writeError(`${escapeTerminal(message)}\n`)
}

/** Who tells people: this process, or the first one of several in its place. */
export interface Telling {
  readonly warn: (message: string) => void
  readonly say: (message: string) => void
}

export const TELLING: Telling = { warn, say }

export interface ServedAt {
  readonly urls: readonly string[]
  readonly metricsUrl: string | undefined
}

export function tellStart(
  { mode, region, operations }: ServeSettings,
  { urls, metricsUrl }: ServedAt,
  { store, isNew, firstKey }: Pick<Opened, 'store' | 'isNew' | 'firstKey'>,
  world: ServedWorld | undefined,
): void {
  const [url] = urls
  const lines = [
    url === undefined
      ? 'keyward could not start; what it has made stays'
      : `keyward serves KMS and STS at ${urls.join(', ')}`,
    `  store  ${store}${isNew ? ', new' : ''}`,
    `  world  ${world === undefined ? 'none: key policies and grants alone' : world.summary()}`,
    `  mode   ${mode}`,
    ...(operations.processes === 1 ? [] : [`  serving with ${operations.processes} processes`]),
    ...(metricsUrl === undefined ? [] : [`  metrics at ${metricsUrl}`]),
    '',
    ...(firstKey === undefined
      ? ['Sign with an access key of `keyward credentials add`.', '']
      : [
          `The first access key, of ${firstKey.principal}; its secret is shown this once:`,
          `  export AWS_ACCESS_KEY_ID=${firstKey.accessKeyId}`,
          `  export AWS_SECRET_ACCESS_KEY=${firstKey.secretAccessKey}`,
          '',
        ]),
    ...(url === undefined
      ? []
      : [
          'Clients of AWS need to know where it is:',
          `  export AWS_ENDPOINT_URL_KMS=${url} AWS_ENDPOINT_URL_STS=${url} AWS_REGION=${region}`,
          `  export AWS_DEFAULT_REGION=${region}  # AWS CLI 1 and boto3 read this one`,
          '  aws kms create-key',
          '',
        ]),
  ]
  writeError(escapeTerminal(`${lines.join('\n')}\n`, { multiline: true }))
}
