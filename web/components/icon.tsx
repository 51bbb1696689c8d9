/** The logo: two ends, a path between them, and the pulse that measures it. */
export function Icon() {
  return (
    <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32" aria-hidden="true">
      <rect width="32" height="32" rx="9" fill="#3a4fd0" />
      <path
        d="M5 17h5l3-8 5 15 3.5-9 1.5 2h4"
        fill="none"
        stroke="#fff"
        stroke-width="2.4"
        stroke-linecap="round"
        stroke-linejoin="round"
      />
      <circle cx="5.6" cy="17" r="2" fill="#9fe6c4" />
      <circle cx="26.6" cy="17" r="2" fill="#9fe6c4" />
    </svg>
  );
}
