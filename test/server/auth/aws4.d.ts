/** What the tests use of `aws4`, which has no types of its own. */
declare module 'aws4' {
  export interface Signable {
    service: string
    region: string
    method?: string
    host?: string
    path?: string
    headers?: Record<string, string | number | readonly string[]>
    body?: string | Buffer
    signQuery?: boolean
    doNotModifyHeaders?: boolean
    extraHeadersToIgnore?: Readonly<Record<string, boolean>>
  }
  export interface Keys {
    readonly accessKeyId: string
    readonly secretAccessKey: string
    readonly sessionToken?: string
  }
  export function sign(request: Signable, keys: Keys): Required<Pick<Signable, 'headers' | 'path'>> & Signable
  const aws4: { readonly sign: typeof sign }
  export default aws4
}
