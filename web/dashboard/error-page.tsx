/** An error, as a page. */
export function ErrorPage({ root, status, message }: { root: string; status: string; message: string }) {
  return (
    <main class="login">
      <div class="card">
        <h1>Error {status}</h1>
        <p>{message}</p>
        <p>
          <a href={`${root}/`}>Endpoints</a>
        </p>
      </div>
    </main>
  );
}
