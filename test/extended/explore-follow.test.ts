/**
 * The explorer beside a server that runs: another process with its store on disk, clients of the SDK that are refused,
 * and the refusals in the list as they come.
 */
import { join } from 'node:path'
import { existsSync } from 'node:fs'
import {
  CreateKeyCommand,
  DescribeKeyCommand,
  KMSClient,
  KMSServiceException,
  ListKeysCommand,
} from '@aws-sdk/client-kms'
import { expect, test } from 'vitest'
import { ACCOUNT, MAIN, REGION, serveProcess, type AccessKeys } from '../server/clients/serve-process.js'
import { hasScript, Program } from '../tui/terminal-run.js'

const WORLD = {
  accounts: {
    [ACCOUNT]: {
      region: REGION,
      users: {
        Reader: {
          policies: { Read: { Version: '2012-10-17', Statement: { Effect: 'Allow', Action: 's3:*', Resource: '*' } } },
        },
        Lister: {
          policies: {
            List: { Version: '2012-10-17', Statement: { Effect: 'Allow', Action: 'kms:ListKeys', Resource: '*' } },
          },
        },
      },
    },
  },
}

async function refusal(client: KMSClient, send: (client: KMSClient) => Promise<unknown>): Promise<string> {
  try {
    await send(client)
    return 'let in'
  } catch (error) {
    if (error instanceof KMSServiceException) return error.name
    throw error
  }
}

test.skipIf(!hasScript)(
  'what a running server refuses appears, and a session finds its store again (needs `script` of util-linux)',
  { timeout: 240_000 },
  async () => {
    const server = await serveProcess({ world: WORLD })
    const program = Program.released()
    const clientOf = ({ accessKeyId, secretAccessKey }: AccessKeys): KMSClient =>
      new KMSClient({
        endpoint: server.url,
        region: REGION,
        maxAttempts: 1,
        credentials: { accessKeyId, secretAccessKey },
      })
    try {
      const reader = clientOf(await server.credentialsOf(`arn:aws:iam::${ACCOUNT}:user/Reader`))
      const lister = clientOf(await server.credentialsOf(`arn:aws:iam::${ACCOUNT}:user/Lister`))
      const root = clientOf(server.rootKeys)
      expect(await refusal(reader, (client) => client.send(new ListKeysCommand()))).toBe('AccessDeniedException')

      const session = join(program.folder, 'live.json')
      const explore = (words: string): ReturnType<Program['run']> =>
        program.run(`node --no-warnings ${MAIN} explore ${words}`, { cwd: server.folder })
      const run = explore(`world --store keys --follow --session ${session} --no-cache`)
      await run.see('1 denied')
      await run.see('kms:ListKeys')

      const key = await root.send(new CreateKeyCommand({}))
      expect(await refusal(lister, (client) => client.send(new ListKeysCommand()))).toBe('let in')
      expect(
        await refusal(lister, (client) => client.send(new DescribeKeyCommand({ KeyId: key.KeyMetadata?.Arn }))),
      ).toBe('AccessDeniedException')
      await run.see('kms:DescribeKey')
      await run.see('2 denied')
      await run.see('user/Lister')
      run.type('Q')
      await run.seeRestored('0')
      expect(existsSync(session)).toBe(true)

      const again = explore(`--session ${session}`)
      await again.see('2 denied')
      await again.see('following')
      expect(await refusal(reader, (client) => client.send(new CreateKeyCommand({})))).toBe('AccessDeniedException')
      await again.see('3 denied')
      await again.see('kms:CreateKey')
      again.type('Q')
      await again.seeRestored('0')
    } finally {
      program.remove()
      await server.stop()
    }
  },
)
