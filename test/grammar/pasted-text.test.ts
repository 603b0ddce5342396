import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseDeniedMessage, parseDeniedMessages } from '../../src/text/denied-message.js'
import { plainText } from '../../src/text/pasted-text.js'

const CALLER = 'arn:aws:sts::444455556666:assumed-role/PaymentsApi/i-0a1b'
const KEY = 'arn:aws:kms:us-east-1:444455556666:key/1234abcd-12ab-34cd-56ef-1234567890ab'
const SENTENCE = `User: ${CALLER} is not authorized to perform: kms:Decrypt on resource: ${KEY} because no identity-based policy allows the kms:Decrypt action`
const WHOLE = { caller: CALLER, action: 'kms:Decrypt', resource: KEY, layer: 'identity', isExplicit: false }
const ESC = '\u001b['

function cut(text: string, width: number): string {
  const lines: string[] = []
  for (let at = 0; at < text.length; at += width) lines.push(text.slice(at, at + width).trimEnd())
  return lines.join('\n')
}

// authorization.md G1, as terminals, chats, mails and web pages hand it on.
describe('a sentence is read wherever it was copied from', () => {
  const cases: readonly (readonly [name: string, text: string])[] = [
    ['colours inside', SENTENCE.replace('kms:Decrypt on', `${ESC}1;33mkms:Decrypt${ESC}0m on`)],
    ['a coloured resource', SENTENCE.replace(KEY, `${ESC}36m${KEY}${ESC}0m`)],
    ['colours as a log writes them', SENTENCE.replace(KEY, `\\u001b[36m${KEY}\\u001b[0m`)],
    ['colours that lost their ESC', SENTENCE.replace(KEY, `[36m${KEY}[0m`)],
    ['what grep marks', SENTENCE.replace('is not authorized', `${ESC}01;31m${ESC}Kis not authorized${ESC}m${ESC}K`)],
    ['a link of a terminal', SENTENCE.replace(KEY, `\u001b]8;;https://x.test/a\u0007${KEY}\u001b]8;;\u0007`)],
    ['bars of Terraform in colour', SENTENCE.replace(' because', `\n${ESC}31m│${ESC}0m ${ESC}0mbecause`)],
    ['spaces that do not break', SENTENCE.replaceAll(' ', '\u00a0')],
    ['narrow spaces', SENTENCE.replaceAll(' ', '\u202f')],
    ['characters of no width', `\ufeff${SENTENCE.replace('kms:Decrypt on', '\u200bkms:Decrypt\u200b on')}`],
    ['a separator of lines', SENTENCE.replace(' on resource', '\u2028on resource')],
    ['English quotes', `\u201c${SENTENCE}\u201d`],
    ['German quotes', `\u201e${SENTENCE}\u201c`],
    ['French quotes', `\u00ab\u00a0${SENTENCE}\u00a0\u00bb`],
    ['Japanese quotes', `\u300c${SENTENCE}\u300d\u3002`],
    ['quoted names', SENTENCE.replace(CALLER, `'${CALLER}'`).replace(KEY, `"${KEY}"`)],
    ['code of Markdown', SENTENCE.replace('kms:Decrypt on', '`kms:Decrypt` on').replace(KEY, `\`${KEY}\``)],
    ['entities of HTML', `&lt;p&gt;&quot;${SENTENCE}&quot;&lt;/p&gt;`],
    ['a quoted mail', `> ${SENTENCE.replace('perform: ', 'perform:\n> > ').replace(' because', '\n> > because')}`],
    ['a terminal of 80 columns', cut(SENTENCE, 80)],
    ['a terminal of 120 columns, with Windows line ends', cut(SENTENCE, 120).replaceAll('\n', '\r\n')],
    ['a terminal that cut it before a space', cut(SENTENCE, SENTENCE.indexOf(' on resource'))],
    ['a terminal that cut it behind a space', cut(SENTENCE, SENTENCE.indexOf('on resource'))],
  ]
  for (const [name, text] of cases) {
    test(name, () => {
      const read = parseDeniedMessage(text)
      expect(read.ok ? read.value : read.error).toMatchObject(WHOLE)
    })
  }

  test('the span is what was pasted, colours and all', () => {
    const text = `x ${SENTENCE.replace(KEY, `${ESC}36m${KEY}${ESC}0m`)} y`
    const read = parseDeniedMessage(text)
    expect(read.ok && text.slice(read.value.span.start, read.value.span.end)).toBe(text.slice(2, -2))
  })

  test('what was cut off stays cut off', () => {
    const read = parseDeniedMessage(`${SENTENCE.slice(0, SENTENCE.indexOf(' because') + 11)}\u2026`)
    expect(read.ok && read.value).toMatchObject({ caller: CALLER, resource: KEY })
    expect(read.ok && read.value).not.toHaveProperty('layer')
  })
})

test('the name of the host is no error code (SDK for Go, S3)', () => {
  const text = `operation error S3: PutObject, https response error StatusCode: 403, RequestID: ABCDEF0123456789, HostID: a/b+c=, api error AccessDenied: ${SENTENCE}`
  const read = parseDeniedMessage(text)
  expect(read.ok && read.value).toMatchObject({
    service: 'S3',
    operation: 'PutObject',
    errorCode: 'AccessDenied',
    requestId: 'ABCDEF0123456789',
  })
})

test('every sentence of a text, each with what is wrapped around it', () => {
  const second = SENTENCE.replace(' because no identity-based policy allows the kms:Decrypt action', '')
  const read = parseDeniedMessages(
    `An error occurred (AccessDeniedException) when calling the Decrypt operation: ${SENTENCE}\nAn error occurred (DisabledException) when calling the Sign operation: ${KEY} is disabled.\n${second}`,
  )
  expect(read.ok && read.value).toMatchObject([
    { kind: 'denied', operation: 'Decrypt', layer: 'identity' },
    { kind: 'keyState', operation: 'Sign', errorCode: 'DisabledException' },
    { kind: 'denied', resource: KEY },
  ])
})

// Secrets Manager, S3 and EC2 answer so.
test.each([
  'An error occurred (AccessDeniedException) when calling the GetSecretValue operation: Access to KMS is not allowed',
  'An error occurred (AccessDenied) when calling the GetObject operation: Access Denied',
  'You are not authorized to perform this operation.',
])('a text that names nobody says where to look: %s', (text) => {
  const read = parseDeniedMessage(text)
  expect(read.ok ? undefined : read.error.message).toBe('this text tells neither whom AWS refused nor what')
  expect(read.ok ? undefined : read.error.hint).toContain('CloudTrail')
})

test('plain text is never longer, and every character knows where it stood', () => {
  const piece = fc.constantFrom(
    'a',
    ' ',
    '\n',
    '\r\n',
    '\\n',
    ESC,
    '\u001b]8;;',
    '\u0007',
    '[36m',
    '&quot;',
    '>',
    '\u200b',
    '│',
    '“',
  )
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 60 }), fc.boolean(), (pieces, isCut) => {
      const text = pieces.join('')
      const plain = plainText(text, isCut)
      expect(plain.text.length).toBeLessThanOrEqual(text.length)
      let before = -1
      for (let index = 0; index < plain.text.length; index++) {
        const offset = plain.offsetOf(index)
        expect(offset).toBeGreaterThan(before)
        before = offset
      }
      for (const unseen of ['  ', '\u001b', '\u200b']) expect(plain.text).not.toContain(unseen)
    }),
    { seed: 3, numRuns: 300 },
  )
})
