/** The AWS CLI, version 1 or 2, as it is installed. */
import { execFile, spawnSync } from 'node:child_process'
import { cleanEnvironment, REGION, type AccessKeys } from './serve-process.js'

/** The first that is there and runs. */
export const AWS = ['aws', '/usr/bin/aws'].find(
  (program) => spawnSync(program, ['--version'], { stdio: 'ignore' }).status === 0,
)

export interface CliRun {
  readonly status: number
  readonly stdout: string
  readonly stderr: string
  /** The whole output. */
  readonly json: Readonly<Record<string, unknown>>
}

export interface CliSettings {
  /** Where it may write. */
  readonly folder: string
  readonly url: string
  readonly keys: AccessKeys
  readonly env?: Readonly<Record<string, string>>
}

/** Every version knows `--endpoint-url`; older ones do not know the variable. */
export function awsCli({ folder, url, keys, env = {} }: CliSettings, ...words: readonly string[]): Promise<CliRun> {
  if (AWS === undefined) throw new Error('there is no AWS CLI')
  const [service = '', ...others] = words
  const environment = cleanEnvironment(folder, {
    AWS_ACCESS_KEY_ID: keys.accessKeyId,
    AWS_SECRET_ACCESS_KEY: keys.secretAccessKey,
    ...(keys.sessionToken === undefined ? {} : { AWS_SESSION_TOKEN: keys.sessionToken }),
    AWS_DEFAULT_REGION: REGION,
    AWS_MAX_ATTEMPTS: '1',
    ...env,
  })
  const args = [service, '--endpoint-url', url, '--output', 'json', ...others]
  const program = AWS
  return new Promise((resolve) => {
    execFile(program, args, { env: environment, cwd: folder }, (error, stdout, stderr) => {
      const status = error === null ? 0 : typeof error.code === 'number' ? error.code : -1
      const isJson = status === 0 && stdout.startsWith('{')
      resolve({ status, stdout, stderr, json: isJson ? (JSON.parse(stdout) as CliRun['json']) : {} })
    })
  })
}
