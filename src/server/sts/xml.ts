/**
 * Answers of the AWS Query protocol: XML with AWS's frame around a result or an error.
 *
 * Source: Smithy, "AWS query protocol"; sts.md 1.
 */
import { statusOf, type StsFailure } from './failure.js'

/** What a result is made of; a member that is undefined is left out. */
export type XmlMembers = { readonly [name: string]: string | number | XmlMembers | undefined }

const NAMESPACE = 'https://sts.amazonaws.com/doc/2011-06-15/'

export function resultXml(operation: string, result: XmlMembers, requestId: string): string {
  const body = `<${operation}Result>${membersXml(result)}</${operation}Result>`
  const metadata = `<ResponseMetadata><RequestId>${requestId}</RequestId></ResponseMetadata>`
  return `<${operation}Response xmlns="${NAMESPACE}">${body}${metadata}</${operation}Response>`
}

export function errorXml({ code, message }: StsFailure, requestId: string): string {
  const type = statusOf(code) >= 500 ? 'Receiver' : 'Sender'
  const error = `<Error>${membersXml({ Type: type, Code: code, Message: message })}</Error>`
  return `<ErrorResponse xmlns="${NAMESPACE}">${error}<RequestId>${requestId}</RequestId></ErrorResponse>`
}

function membersXml(members: XmlMembers): string {
  let xml = ''
  for (const [name, value] of Object.entries(members)) {
    if (value === undefined) continue
    const content = typeof value === 'object' ? membersXml(value) : escapeXml(String(value))
    xml += `<${name}>${content}</${name}>`
  }
  return xml
}

/** Everything that XML 1.0 has no place for, and what means something there; a line end other than LF would be lost. */
// oxlint-disable-next-line no-control-regex -- these are the characters that may not stand in XML
const SPECIAL = /[&<>"'\r]|[\u0000-\u0008\u000B\u000C\u000E-\u001F\uFFFE\uFFFF]|\p{Cs}/gu

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
  '\r': '&#xD;',
}

/** Text as it stands in an element; what XML cannot say becomes the replacement character. */
export function escapeXml(text: string): string {
  return text.replace(SPECIAL, (character) => ENTITIES[character] ?? '\uFFFD')
}
