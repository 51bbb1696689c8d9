import { request as askPlain, type IncomingMessage } from 'node:http';
import { request as askTls } from 'node:https';

/** What a program on this machine answered. */
export interface AnswerHere {
  status: number;
  /** By names in lower case. */
  headers: IncomingMessage['headers'];
  text: string;
}

/** What is asked. */
export interface QuestionHere {
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  headers?: Record<string, string>;
  body?: string;
  timeoutMs: number;
}

/**
 * Asks a program on this machine, and follows it nowhere. A certificate is not looked at: it has the name under which browsers
 * come. Who needs to know that it is the right program has it prove so.
 */
export function askHere(
  url: URL,
  { method, headers = {}, body, timeoutMs }: QuestionHere,
): Promise<AnswerHere> {
  const signal = AbortSignal.timeout(timeoutMs);
  return new Promise<AnswerHere>((resolve, reject) => {
    const fail = (error: Error) => reject(signal.aborted ? (signal.reason as Error) : error);
    const read = async (response: IncomingMessage) => {
      let text = '';
      try {
        for await (const chunk of response.setEncoding('utf8')) text += chunk;
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text });
      } catch (error) {
        fail(error as Error);
      }
    };
    const options = { method, headers, agent: false, signal };
    const asked =
      url.protocol === 'https:'
        ? askTls(url, { ...options, rejectUnauthorized: false }, (response) => void read(response))
        : askPlain(url, options, (response) => void read(response));
    asked.on('error', fail);
    asked.end(body);
  });
}
