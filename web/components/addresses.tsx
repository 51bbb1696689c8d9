/** Addresses, each in a box of its own. */
export function Addresses({ addresses }: { addresses: readonly string[] }) {
  return (
    <ul class="addresses">
      {addresses.map((address) => (
        <li key={address}>{address}</li>
      ))}
    </ul>
  );
}
